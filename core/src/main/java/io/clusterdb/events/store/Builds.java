package io.clusterdb.events.store;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Projections.Skipped;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreReader;
import io.clusterdb.events.spi.StoreTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The builds of one projection, as documents of the engine. Every change names what it was made from, so that of two
 * processes at work on one projection only one goes on.
 */
final class Builds {
    private static final String COLLECTION = "projections";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Logger LOG = LoggerFactory.getLogger(Builds.class);
    private static final int MAX_ATTEMPTS = 20;
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(50);

    private final StoreEngine engine;
    private final String projection;

    Builds(StoreEngine engine, String projection) {
        this.engine = engine;
        this.projection = projection;
    }

    /** The projections of which there is a build, by name. */
    static List<String> projections(StoreEngine engine) {
        List<String> all = new ArrayList<>();
        List<Document> page = engine.documents(COLLECTION, "", OpenStore.PAGE);
        while (!page.isEmpty()) {
            page.stream().map(Document::key).filter(key -> key.indexOf(' ') < 0).forEach(all::add);
            page = engine.documents(COLLECTION, page.get(page.size() - 1).key(), OpenStore.PAGE);
        }
        return all;
    }

    /** What is there of a build, as it was read: what a change of it names. */
    record Found(Build build, Bytes bytes) {}

    /** What answers, as it was read. */
    record FoundActive(Build.Active active, Bytes bytes) {}

    /** The collection of a build's documents. */
    String documents(String build) {
        return "view " + projection + " " + build;
    }

    private String skippedBy(String build) {
        return "skipped " + projection + " " + build;
    }

    private String key(String build) {
        return projection + " " + build;
    }

    @Nullable
    FoundActive active() {
        Bytes bytes = engine.document(COLLECTION, projection);
        try {
            return bytes == null ? null : new FoundActive(Build.Active.read(bytes), bytes);
        } catch (JacksonException e) {
            throw damaged(projection, e);
        }
    }

    /** What answers, of a projection that has begun. */
    FoundActive begun() {
        return Objects.requireNonNull(active(), () -> "projection " + projection);
    }

    @Nullable
    Found find(String build) {
        return find(engine, build);
    }

    private @Nullable Found find(StoreReader reader, String build) {
        Bytes bytes = reader.document(COLLECTION, key(build));
        try {
            return bytes == null ? null : new Found(Build.read(bytes), bytes);
        } catch (JacksonException e) {
            throw damaged(key(build), e);
        }
    }

    /** One that has to be there. */
    Found get(String build) {
        return get(engine, build);
    }

    Found get(StoreReader reader, String build) {
        Found found = find(reader, build);
        if (found == null) {
            throw ConflictException.documentChanged(COLLECTION, key(build)); // another process has dropped it
        }
        return found;
    }

    private static CorruptionException damaged(String key, JacksonException e) {
        return CorruptionException.found("the position of projection " + key, e.getOriginalMessage(), e);
    }

    DocumentChange change(@Nullable FoundActive from, Build.Active to) {
        return DocumentChange.replace(COLLECTION, projection, from == null ? null : from.bytes(), to.bytes());
    }

    DocumentChange change(@Nullable Found from, Build to) {
        return DocumentChange.replace(COLLECTION, key(to.name()), from == null ? null : from.bytes(), to.bytes());
    }

    DocumentChange skipped(String build, Skipped event) {
        String key = "%019d".formatted(event.position());
        return DocumentChange.put(skippedBy(build), key, Bytes.of(JSON.writeValueAsBytes(event)));
    }

    List<Skipped> skipped(String build) {
        List<Skipped> all = new ArrayList<>();
        String after = "";
        List<Document> page = engine.documents(skippedBy(build), after, OpenStore.PAGE);
        while (!page.isEmpty()) {
            page.forEach(d -> all.add(JSON.readValue(d.value().toArray(), Skipped.class)));
            after = page.get(page.size() - 1).key();
            page = engine.documents(skippedBy(build), after, OpenStore.PAGE);
        }
        return all;
    }

    // --- what is told to whoever runs it

    /** A build that there is not yet. */
    Build next(int version, Build.Active active) {
        int generation = active.made() == null ? 0 : active.made() + 1;
        while (find(version + "." + generation) != null) {
            generation++;
        }
        return Build.begin(version, generation, 0);
    }

    /** Has a build be made until it can answer. */
    void target(FoundActive found, Build target) {
        write(List.of(change(found, found.active().building(target)), change(find(target.name()), target)));
    }

    /** Has what answers go on alone: the version that is being made is not to follow it any more. */
    void abandon(FoundActive found) {
        String target = Objects.requireNonNull(found.active().target());
        write(List.of(change(found, found.active().alone())));
        if (!target.equals(found.active().previous())) {
            drop(target);
        }
    }

    /** Has the version that answers be made anew. */
    void rebuild() {
        FoundActive found = begun();
        Build.Active active = found.active();
        if (active.target() != null) {
            throw ConflictException.building(projection, active.target());
        }
        target(found, next(get(active.name()).build().version(), active));
    }

    /** Has the event left out by what answers and by what is being made. */
    void skip(long position) {
        Build.Active active = begun().active();
        boolean isAhead = skip(active.name(), position);
        if (active.target() != null) {
            isAhead |= skip(active.target(), position);
        }
        if (!isAhead) {
            ProjectionStatus status = status();
            long behind = status.building() == null ? status.position() : Math.min(status.position(), status.builtTo());
            throw RejectedException.invalid(
                    "projection " + projection,
                    "the position that is to be left out",
                    position,
                    behind == engine.lastPosition()
                            ? "none, as it has handled all events"
                            : (behind + 1) + " to " + engine.lastPosition()
                                    + ", those of events that it has not handled");
        }
    }

    /** @return false when there is nothing to leave out: the build is past it, or there is no such event yet */
    private boolean skip(String name, long position) {
        for (int attempt = 1; ; attempt++) {
            Found found = get(name);
            long last = engine.lastPosition();
            if (position <= found.build().reached(last) || position > last) {
                return false;
            }
            try {
                write(List.of(change(found, found.build().skipping(position))));
                return true;
            } catch (ConflictException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw e; // it moves on, so it does not stop there
                }
            }
        }
    }

    ProjectionStatus status() {
        Build.Active active = begun().active();
        Build build = get(active.name()).build();
        Found making = active.target() == null ? null : find(active.target());
        Build target = making == null ? null : making.build();
        long last = engine.lastPosition();
        long reached = build.reached(last);
        String failure = target == null || target.failure() == null ? build.failure() : target.failure();
        return new ProjectionStatus(
                projection,
                build.version(),
                reached,
                Math.max(0, last - reached),
                build.inline(),
                target == null ? null : target.version(),
                target == null ? 0 : target.position(),
                build.skipped(),
                failure);
    }

    /** Says which build every append changes; null = none of this projection. */
    DocumentChange inline(@Nullable String build) {
        return DocumentChange.put(StoreEngine.INLINE, projection, build == null ? null : Bytes.utf8(build));
    }

    /** Has appends leave it alone, if one of its builds is inline: that one is at the last position then. */
    void stopInline(Environment environment) {
        if (engine.document(StoreEngine.INLINE, projection) == null) {
            return;
        }
        for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
            Optional<StoreTransaction> exclusive = engine.exclusive();
            if (exclusive.isEmpty()) {
                environment.await(new CompletableFuture<>(), BETWEEN_ATTEMPTS);
                continue;
            }
            try (StoreTransaction alone = exclusive.get()) {
                Bytes build = alone.reader().document(StoreEngine.INLINE, projection);
                if (build != null) {
                    Found found = get(alone.reader(), build.utf8());
                    Build stopped =
                            found.build().inline(false).at(alone.reader().lastPosition());
                    alone.write(List.of(change(found, stopped), inline(null)));
                    LOG.info("Projection {}: build {} is not inline any more", projection, build.utf8());
                }
                return;
            }
        }
        throw UnavailableException.appendsGoOn(projection);
    }

    void write(List<DocumentChange> changes) {
        engine.write(changes);
    }

    /** Removes what is left of a build: first what all who write to it name, so that nobody does any more. */
    void drop(String build) {
        engine.write(List.of(DocumentChange.put(COLLECTION, key(build), null)));
        engine.drop(documents(build));
        engine.drop(skippedBy(build));
    }
}
