package io.clusterdb.events.log;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.Compression;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An append on its way into an embedded store. The committer compares what is expected with what is there, gives versions
 * and positions, and adds events, index and documents to its commit.
 */
final class StoreWrite implements Committer.Write {
    private static final int MAX_BATCH_BYTES = 1 << 20;

    private final EmbeddedStore store;
    private final Append append;
    private final List<@Nullable NewRecord> records = new ArrayList<>();
    private final Map<String, ExpectedVersion> expected;
    private final String inline;
    private final List<DocumentChange> documents;
    private final CompletableFuture<Stored> done = new CompletableFuture<>();
    private final Map<String, StreamIndex.Head> heads = new LinkedHashMap<>();
    private final Map<String, Long> versions = new HashMap<>();
    private long mark;
    private boolean tooEarly;
    private boolean repeated;
    private int knownAtFirst;

    StoreWrite(EmbeddedStore store, Append append, String inline, List<DocumentChange> documents) {
        this.store = store;
        this.append = append;
        this.inline = inline;
        this.expected = append.expectedByVersions();
        this.documents = documents;
        for (DomainEvent event : append.events()) {
            records.add(event.version() == 0 ? null : record(event)); // the committer has the rest to do
        }
    }

    private NewRecord record(DomainEvent event) {
        return event.record(store.events().partition().topic(), store.name());
    }

    CompletableFuture<Stored> done() {
        return done;
    }

    @Override
    public void prepare(Commit commit, List<PartitionLog> touched) {
        heads.clear();
        versions.clear();
        tooEarly = false;
        PartitionLog.Draft draft = store.events().draft(touched);
        requireSameInline();
        repeated = isRepeated(draft);
        if (repeated) {
            return;
        }
        refuseKnownIds(draft);
        versions.clear();
        check(draft);
        store.documents().change(commit, documents, draft);
        add(commit, draft);
    }

    // --- whether it may be stored

    /** What is inline only changes while no append is on its way. */
    private void requireSameInline() {
        if (!inline.equals(store.inline())) {
            throw RejectedException.inlineProjection(store.name(), store.inline(), inline);
        }
    }

    /**
     * Whether the same events are stored already, at the versions they name, or anywhere where they name none. The answer
     * is then that of the first time.
     */
    private boolean isRepeated(PartitionLog.Draft draft) {
        DomainEvent last = null;
        knownAtFirst = 0;
        for (DomainEvent event : append.events()) {
            StreamIndex.Head head = store.index().current(event.aggregateId(), draft);
            if (head == null) {
                return false;
            }
            requireStored(event, head);
            long version = storedVersion(event, head);
            if (version == 0) {
                return false;
            }
            last = stored(event, head, version);
            if (last == null) {
                return false;
            }
            versions.put(event.aggregateId(), version);
            knownAtFirst++;
        }
        mark = Objects.requireNonNull(last).position();
        return true;
    }

    /**
     * What names no version is told by its id alone: it can't be stored again along with events that are new, the first of
     * which has been found.
     */
    private void refuseKnownIds(PartitionLog.Draft draft) {
        for (int i = 0; i < append.events().size(); i++) {
            if (i == knownAtFirst) {
                continue;
            }
            DomainEvent event = append.events().get(i);
            StreamIndex.Head head = event.version() == 0 ? store.index().current(event.aggregateId(), draft) : null;
            if (head != null) {
                requireStored(event, head);
                long version = storedVersion(event, head);
                if (version > 0) {
                    throw ConflictException.otherContent(String.valueOf(event.id()), event.aggregateId(), version);
                }
            }
        }
    }

    /** What the current group has changed can't be read yet: where it matters, this write waits for the next one. */
    private void requireStored(DomainEvent event, StreamIndex.Head head) {
        boolean matters = event.version() == 0 || event.version() <= head.version();
        if (matters && store.index().isDrafted(event.aggregateId())) {
            tooEarly = true;
            throw ConflictException.wrongVersion(event.aggregateId(), ExpectedVersion.any(), head.version());
        }
    }

    /** The version under which an event would be stored; 0 when it can't be. */
    private long storedVersion(DomainEvent event, StreamIndex.Head head) {
        if (event.version() > 0) {
            return event.version() <= head.version() ? event.version() : 0;
        }
        return store.index().versionOf(head, Objects.requireNonNull(event.id()));
    }

    /** The stored event if it is the same one; null when another one has its version. */
    private @Nullable DomainEvent stored(DomainEvent event, StreamIndex.Head head, long version) {
        DomainEvent stored = Objects.requireNonNull(store.event(head, version));
        if (stored.isSameAs(event)) {
            return stored;
        }
        if (Objects.equals(stored.id(), event.id())) {
            throw ConflictException.otherContent(String.valueOf(event.id()), event.aggregateId(), version);
        }
        return null;
    }

    /** What the current group has changed may yet fail to be committed: only what is, is a reason to refuse. */
    private void check(PartitionLog.Draft draft) {
        expected.forEach((id, version) -> check(id, version, draft));
        append.conditions().forEach((id, version) -> check(id, version, draft));
        for (DomainEvent event : append.events()) {
            StreamIndex.Head head = store.index().current(event.aggregateId(), draft);
            if (head != null && !head.aggregateType().equals(event.aggregateType())) {
                tooEarly = store.index().isDrafted(event.aggregateId());
                throw ConflictException.wrongAggregateType(
                        event.aggregateId(), head.aggregateType(), event.aggregateType());
            }
        }
    }

    private void check(String aggregateId, ExpectedVersion version, PartitionLog.Draft draft) {
        StreamIndex.Head head = store.index().current(aggregateId, draft);
        long actual = head == null ? 0 : head.version();
        if (!version.holds(actual)) {
            tooEarly = store.index().isDrafted(aggregateId);
            throw ConflictException.wrongVersion(aggregateId, version, actual);
        }
    }

    // --- storing it

    private void add(Commit commit, PartitionLog.Draft draft) {
        long appendTime = draft.stampTime(store.environment().millis());
        BatchBuilder batch = new BatchBuilder(512);
        long position = draft.end();
        for (int n = 0; n < records.size(); n++) {
            position++;
            DomainEvent event = append.events().get(n);
            StreamIndex.Head head = follow(event, position, draft);
            NewRecord known = records.get(n);
            NewRecord record = known == null ? record(event.withVersion(head.version())) : known;
            if (batch.count() > 0
                    && batch.size() + BatchBuilder.sizeOf(record.key(), record.value(), record.headers())
                            > MAX_BATCH_BYTES) {
                append(commit, draft, batch, appendTime);
                batch = new BatchBuilder(512);
            }
            batch.add(record.key(), record.value(), record.headers());
            store.index().add(commit, event.aggregateId(), head, position, event.version() == 0 ? event.id() : null);
            heads.put(event.aggregateId(), head);
        }
        append(commit, draft, batch, appendTime);
        heads.forEach((id, head) -> {
            store.index().put(commit, id, head);
            versions.put(id, head.version());
        });
        mark = position;
        if (!store.topic().isKeyed()) {
            commit.put(Tables.KEYED, Tables.key(store.topic().stored().firstLog()), new byte[0]);
        }
    }

    private StreamIndex.Head follow(DomainEvent event, long position, PartitionLog.Draft draft) {
        StreamIndex.Head head = store.index().current(event.aggregateId(), draft);
        return head == null
                ? new StreamIndex.Head(position, event.aggregateType(), 1)
                : new StreamIndex.Head(head.stream(), head.aggregateType(), head.version() + 1);
    }

    private static void append(Commit commit, PartitionLog.Draft draft, BatchBuilder batch, long appendTime) {
        int count = batch.count();
        Bytes bytes = batch.close(Compression.NONE, count - 1);
        new BatchBuilder.Stamp(draft.end(), appendTime, Batch.NO_PRODUCER, (short) -1, -1).on(bytes, 0);
        draft.append(commit, bytes, count, appendTime);
    }

    // --- the answer

    @Override
    public void committed() {
        store.topic().keyed();
        store.index().stored(heads);
    }

    @Override
    public boolean wantsSync() {
        return true;
    }

    @Override
    public void synced() {
        done.complete(new Stored(new AppendToken(store.name(), mark, versions), !repeated));
    }

    @Override
    public void failed(EventsException why) {
        if (tooEarly && why instanceof ConflictException) {
            store.offer(this);
        } else {
            done.completeExceptionally(why);
        }
    }

    @Override
    public void unknown(OutcomeUnknownException why) {
        done.completeExceptionally(why);
    }
}
