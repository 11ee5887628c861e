package io.clusterdb.events.store;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionContext;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Events handled one after the other, with what they have changed so far: the changes of an event that fails are forgotten,
 * those of the ones before it stay. For one thread.
 */
final class EventStep<D> {
    private static final Logger LOG = LoggerFactory.getLogger(EventStep.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final StepWork work;
    private final Projection<D> projection;
    private final String collection;
    private final Environment environment;
    private final Map<String, Optional<Bytes>> documents = new LinkedHashMap<>();

    /** What was read, as it was. */
    private final Map<String, Optional<Bytes>> found = new LinkedHashMap<>();

    private final List<Runnable> effects = new ArrayList<>();

    EventStep(StepWork work, Projection<D> projection, String collection, Environment environment) {
        this.work = work;
        this.projection = projection;
        this.collection = collection;
        this.environment = environment;
    }

    /**
     * Handles an event.
     *
     * @return why it failed; null when it did not
     */
    @Nullable
    Throwable handle(DomainEvent event, boolean replay) {
        Context context = new Context(replay);
        work.begin();
        try {
            projection.handle(event, context);
            context.requireEngine();
            work.done();
        } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
            context.requireEngine();
            work.undo(e);
            return e;
        }
        documents.putAll(context.changed);
        effects.addAll(context.effects);
        return null;
    }

    /** What all of them have changed. */
    List<DocumentChange> changes() {
        List<DocumentChange> changes = new ArrayList<>();
        documents.forEach((key, document) -> changes.add(DocumentChange.put(collection, key, document.orElse(null))));
        return changes;
    }

    /** As {@link #changes}, if all that was read and is changed is still as it was. */
    List<DocumentChange> changesOfUnchanged() {
        documents.keySet().forEach(this::stored);
        List<DocumentChange> changes = new ArrayList<>();
        found.forEach((key, before) -> {
            Optional<Bytes> after = documents.get(key);
            Bytes value = (after == null ? before : after).orElse(null);
            changes.add(DocumentChange.replace(collection, key, before.orElse(null), value));
        });
        return changes;
    }

    /** Whether a document is not as it was read: what was read may never have been true at one time. */
    boolean isStale() {
        return found.entrySet().stream()
                .anyMatch(
                        each -> !each.getValue().equals(Optional.ofNullable(work.document(collection, each.getKey()))));
    }

    private Optional<Bytes> stored(String key) {
        Optional<Bytes> known = found.get(key);
        if (known == null) {
            known = Optional.ofNullable(work.document(collection, key));
            found.put(key, known);
        }
        return known;
    }

    /** To be called when all of it is stored. */
    void performEffects() {
        effects.forEach(effect -> environment.execute(() -> {
            try {
                effect.run();
            } catch (RuntimeException | LinkageError | AssertionError e) {
                LOG.warn("An effect of projection {} failed; it is not repeated", projection.name(), e);
            }
        }));
    }

    /** What one event sees and changes. */
    private final class Context implements ProjectionContext<D> {
        private final boolean replay;
        private final Map<String, Optional<Bytes>> changed = new HashMap<>();
        private final List<Runnable> effects = new ArrayList<>();

        /** Of the engine, not of the user's function: that is so whatever the function makes of it. */
        private @Nullable RuntimeException engineFailure;

        Context(boolean replay) {
            this.replay = replay;
        }

        @Override
        public Optional<D> get(String key) {
            checkKey(key);
            Optional<Bytes> own = changed.get(key);
            if (own == null) {
                own = documents.get(key);
            }
            return (own == null ? read(key) : own).map(bytes -> decode(projection, key, bytes));
        }

        private void checkKey(String key) {
            RejectedException.checkCharacters("document of projection " + projection.name(), "key", key);
        }

        void requireEngine() {
            if (engineFailure != null) {
                throw engineFailure;
            }
        }

        private Optional<Bytes> read(String key) {
            try {
                return stored(key);
            } catch (RejectedException e) {
                throw e; // what the function has asked for, or done before, can't go well the next time either
            } catch (RuntimeException e) {
                engineFailure = e;
                throw e;
            }
        }

        @Override
        public void put(String key, D document) {
            checkKey(key);
            int size = Bytes.utf8(key).length();
            if (size == 0 || size > ProjectionContext.MAX_KEY || key.indexOf('\0') >= 0) {
                throw RejectedException.invalid(
                        "document of projection " + projection.name(),
                        "key",
                        size > ProjectionContext.MAX_KEY ? size + " bytes" : "'" + key + "'",
                        "1 to " + ProjectionContext.MAX_KEY + " bytes in UTF-8, none of them NUL");
            }
            changed.put(key, Optional.of(Bytes.of(JSON.writeValueAsBytes(document))));
        }

        @Override
        public void delete(String key) {
            checkKey(key);
            changed.put(key, Optional.empty());
        }

        @Override
        public <T> T unwrap(Class<T> type) {
            try {
                return work.unwrap(type);
            } catch (UnavailableException e) {
                engineFailure = e;
                throw e;
            }
        }

        @Override
        public boolean isReplay() {
            return replay;
        }

        @Override
        public void effect(Runnable effect) {
            if (!replay) {
                effects.add(effect);
            }
        }
    }

    static <D> D decode(Projection<D> projection, String key, Bytes bytes) {
        try {
            return JSON.readValue(bytes.array(), bytes.offset(), bytes.length(), projection.document());
        } catch (JacksonException e) {
            throw RejectedException.undecodable(
                    "document " + key + " of projection " + projection.name(),
                    "asked for " + projection.document().getSimpleName() + ", but " + e.getOriginalMessage(),
                    e);
        }
    }
}
