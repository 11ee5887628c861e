package io.clusterdb.events.store;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.Projections.Skipped;
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
        return Objects.requireNonNull(find(reader, build), () -> "build " + build + " of projection " + projection);
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

    /** Sees to it that a build stays as it was read while other things change. */
    DocumentChange unchanged(Found found) {
        return change(found, found.build());
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

    /** Removes what is left of a build. */
    void drop(String build) {
        engine.drop(documents(build));
        engine.drop(skippedBy(build));
        engine.write(List.of(DocumentChange.put(COLLECTION, key(build), null)));
    }
}
