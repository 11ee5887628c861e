package io.clusterdb.events.store;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Document;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores events together with the documents that inline projections make of them. It reads the documents, computes what
 * they become, and has the engine store both if nothing has changed meanwhile; if something has, it does so again.
 *
 * <pre>
 *   stored                                → the effects are performed
 *   a document has changed                → again; also where a function fails at what it has read meanwhile
 *   its transaction gave way to another   → again
 *   other projections are inline          → these are looked up, and again
 *   … one that this program does not run  → refused; or taken out, where this program's version is to follow it
 *   a function fails                      → refused, unless the events are stored already
 * </pre>
 */
final class InlineAppends {
    private static final Logger LOG = LoggerFactory.getLogger(InlineAppends.class);

    /** Others were faster each time: each of these times somebody's append went well. */
    private static final int MAX_ATTEMPTS = 500;

    /** Builds that are inline at most. */
    private static final int MAX_INLINE = 1_000;

    /** A document that is never as this says: with it, an append only tells whether its events are stored. */
    private static final DocumentChange NEVER =
            DocumentChange.replace(StoreEngine.INLINE, "?", Bytes.utf8("never"), null);

    private final String store;
    private final StoreEngine engine;
    private final OpenProjections projections;
    private volatile Inline inline = new Inline("", List.of());

    /** What is inline, as the engine writes it, and who computes it. */
    private record Inline(String text, List<Part> parts) {}

    private record Part(ProjectionRun<?> run, String build) {}

    InlineAppends(String store, StoreEngine engine, OpenProjections projections) {
        this.store = store;
        this.engine = engine;
        this.projections = projections;
    }

    AppendToken append(Append append) {
        for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
            Inline now = inline;
            try {
                AppendToken token = now.parts.isEmpty() ? engine.append(append, List.of()) : along(append, now);
                if (token != null) {
                    return token;
                }
            } catch (RejectedException e) {
                if (e.code() != ErrorCode.INLINE_PROJECTION) {
                    throw e;
                }
                inline = lookUp(e);
            } catch (ConflictException e) {
                if (e.code() != ErrorCode.DOCUMENT_CHANGED || attempt == MAX_ATTEMPTS) {
                    throw e;
                }
                if (e.getCause() != null) {
                    LOG.info(
                            "An append to event store {} is repeated: {}",
                            store,
                            e.problem().why());
                }
            }
        }
        throw UnavailableException.store(
                store, "others were faster " + MAX_ATTEMPTS + " times in a row, with the same documents", null);
    }

    /** @throws RejectedException the refusal, where this program does not run what is inline */
    private Inline lookUp(RejectedException refusal) {
        List<Document> found = engine.documents(StoreEngine.INLINE, "", MAX_INLINE);
        List<Part> parts = new ArrayList<>();
        for (Document each : found) {
            ProjectionRun<?> run = projections.running(each.key()).orElseThrow(() -> refusal);
            String build = each.value().utf8();
            if (run.isDeclared(build)) {
                parts.add(new Part(run, build));
            } else if (run.isToFollow()) {
                run.stopInline();
                return lookUp(refusal);
            } else {
                throw refusal;
            }
        }
        return new Inline(StoreEngine.inline(found), parts);
    }

    /** @return null when others were faster */
    private @Nullable AppendToken along(Append append, Inline now) {
        Map<String, Long> heads = headsWithoutVersion(append);
        Append versioned = expecting(append, heads);
        List<DomainEvent> events = withVersions(append.events(), heads);
        List<EventStep<?>> steps = new ArrayList<>();
        List<DocumentChange> changes = new ArrayList<>();
        try (StepWork work = new StepWork(engine, true)) {
            for (Part part : now.parts) {
                EventStep<?> step = part.run.step(work, part.build);
                for (DomainEvent event : events) {
                    Throwable why = step.handle(event, /* replay= */ false);
                    if (why != null) {
                        work.abandon();
                        return step.isStale()
                                ? null
                                : storedBefore(
                                        append, now, part.run.projection().name(), event, why);
                    }
                }
                steps.add(step);
                changes.addAll(step.changesOfUnchanged());
            }
            Stored stored = work.append(versioned, now.text, changes);
            if (stored == null) {
                return null;
            }
            if (stored.isNew()) {
                steps.forEach(EventStep::performEffects);
            }
            return stored.token();
        } catch (ConflictException e) {
            if (e.code() == ErrorCode.WRONG_VERSION && !heads.equals(headsWithoutVersion(append))) {
                return null; // it was this class that expected these versions
            }
            throw e;
        }
    }

    /** The answer of the first time, where a function fails at events that are stored already. */
    private AppendToken storedBefore(Append append, Inline now, String projection, DomainEvent event, Throwable why) {
        try {
            return engine.append(append, now.text, List.of(NEVER)).token();
        } catch (ConflictException e) {
            if (e.code() == ErrorCode.DOCUMENT_CHANGED) {
                throw RejectedException.projectionFailed(projection, event, why.toString(), why);
            }
            throw e;
        }
    }

    // --- functions see the versions that events without one will get

    /** Where aggregates stand that get events without a version. */
    private Map<String, Long> headsWithoutVersion(Append append) {
        Map<String, Long> heads = new HashMap<>();
        for (DomainEvent event : append.events()) {
            if (event.version() == 0) {
                heads.computeIfAbsent(
                        event.aggregateId(),
                        id -> engine.head(id)
                                .map(StoreEngine.StreamHead::version)
                                .orElse(0L));
            }
        }
        return heads;
    }

    private static Append expecting(Append append, Map<String, Long> heads) {
        Append versioned = append;
        for (Map.Entry<String, Long> head : heads.entrySet()) {
            ExpectedVersion own = append.conditions().get(head.getKey());
            if (own == null || own.holds(head.getValue())) {
                versioned = versioned.expecting(head.getKey(), ExpectedVersion.exact(head.getValue()));
            }
        }
        return versioned;
    }

    private static List<DomainEvent> withVersions(List<DomainEvent> events, Map<String, Long> heads) {
        Map<String, Long> reached = new HashMap<>(heads);
        return events.stream()
                .map(event -> event.version() > 0
                        ? event
                        : event.withVersion(Objects.requireNonNull(reached.merge(event.aggregateId(), 1L, Long::sum))))
                .toList();
    }
}
