package io.clusterdb.events.log;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event store in an embedded log. Its events are the records of a topic of one partition, {@code store:<name>}: a
 * position is an offset and one, so what groups of the broker get is what the store holds, and storing an event is
 * publishing it. Beside it are tables of where each aggregate's events are ({@link StreamIndex}) and the documents
 * ({@link Documents}), written in the same commit.
 */
final class EmbeddedStore implements StoreEngine {
    private final EmbeddedLog log;
    private final Runnable whenClosed;
    private final Storage storage;
    private final String name;
    private final DataCodec codec;
    private final PartitionLog events;
    private final StreamIndex index;
    private final Documents documents;
    private volatile String inline;

    /** Appends that wait for the end of an exclusive transaction; null = there is none. */
    private @Nullable List<StoreWrite> held;

    /** @param whenClosed lets go of what was opened for this store alone */
    EmbeddedStore(EmbeddedLog log, Storage storage, EventStore config, DataCodec codec, Runnable whenClosed) {
        this.log = log;
        this.whenClosed = whenClosed;
        this.storage = storage;
        this.name = config.name();
        this.codec = codec;
        Topic topic = Topic.named(Topic.STORE_PREFIX + name);
        log.createTopic(topic);
        this.events = log.catalog().topic(topic.name()).log(0);
        this.index = new StreamIndex(storage, events.id());
        this.documents = new Documents(storage, events.id());
        this.inline = inlineDocuments();
    }

    private String inlineDocuments() {
        return StoreEngine.inline(documents.list(INLINE, "", Integer.MAX_VALUE));
    }

    String name() {
        return name;
    }

    TopicLogs topic() {
        return log.catalog().topic(events.partition().topic());
    }

    PartitionLog events() {
        return events;
    }

    StreamIndex index() {
        return index;
    }

    Documents documents() {
        return documents;
    }

    Environment environment() {
        return log.environment();
    }

    /** The projections that an append has to reckon with. */
    String inline() {
        return inline;
    }

    /** Has a write prepared by the committer, when no exclusive transaction is open; also again, in a later group. */
    void offer(StoreWrite write) {
        synchronized (this) { // also around the offer: nothing may pass between looking and offering
            if (held != null) {
                held.add(write);
            } else {
                log.committer().offer(write);
            }
        }
    }

    @Override
    public Stored append(Append append, String reckonedWith, List<DocumentChange> changes) {
        StoreWrite write = new StoreWrite(this, append, reckonedWith, changes);
        offer(write);
        return environment().await(write.done());
    }

    @Override
    public StoreTransaction begin(Class<?> resource, boolean appends) {
        throw noResource(resource);
    }

    RejectedException noResource(Class<?> resource) {
        return RejectedException.engine(
                "Event store " + name + " has no " + resource.getName(),
                "it is kept in files, and nothing else takes part in their transactions",
                "Keep documents (ProjectionContext.put), or the store on PostgreSQL, whose connection it gives");
    }

    /** What was offered before is stored when it returns; what comes later waits. */
    @Override
    public Optional<StoreTransaction> exclusive() {
        synchronized (this) {
            if (held != null) {
                return Optional.empty();
            }
            held = new ArrayList<>();
        }
        try {
            write(List.of());
            return Optional.of(new ExclusiveTransaction(this));
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    /** Ends an exclusive transaction. */
    void release() {
        try {
            inline = inlineDocuments();
        } finally {
            synchronized (this) {
                List<StoreWrite> waiting = held == null ? List.of() : held;
                held = null;
                waiting.forEach(log.committer()::offer);
            }
        }
    }

    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public Optional<StreamHead> head(String aggregateId) {
        return Optional.ofNullable(index.head(aggregateId)).map(h -> new StreamHead(h.aggregateType(), h.version()));
    }

    @Override
    public List<StreamStatus> streams(String after, int limit) {
        return index.streams(after, limit);
    }

    @Override
    public List<DomainEvent> stream(String aggregateId, long from, int limit) {
        StreamIndex.Head head = index.head(aggregateId);
        return head == null || from > head.version()
                ? List.of()
                : read(index.positions(head, from, Math.min(head.version(), from + limit - 1)));
    }

    @Override
    public List<DomainEvent> backwards(String aggregateId, long from, int limit) {
        StreamIndex.Head head = index.head(aggregateId);
        if (head == null || from < 1) {
            return List.of();
        }
        long last = Math.min(from, head.version());
        long first = Math.max(1, last - limit + 1);
        List<DomainEvent> found = read(index.positions(head, first, last));
        boolean all = found.size() == last - first + 1; // else the last ones are not in the log yet
        return all ? found.reversed() : backwards(aggregateId, first + found.size() - 1, limit);
    }

    /** The event of that version; null when there is none. */
    @Nullable
    DomainEvent event(StreamIndex.Head head, long version) {
        List<DomainEvent> found = read(index.positions(head, version, version));
        return found.isEmpty() ? null : found.get(0);
    }

    /**
     * Positions mostly lie close together, so each batch is looked for behind the one before. A commit is seen in the
     * tables some moments before it is seen in the log: what is above the log's end is not there yet.
     */
    private List<DomainEvent> read(List<Long> positions) {
        List<DomainEvent> found = new ArrayList<>(positions.size());
        long last = lastPosition();
        LogCursor cursor = null;
        List<LogRecord> records = List.of();
        try {
            for (long position : positions) {
                if (position > last) {
                    break;
                }
                long offset = position - 1;
                if (records.isEmpty()
                        || offset > records.get(records.size() - 1).offset()) {
                    if (cursor == null || cursor.next() != offset) {
                        close(cursor);
                        cursor = new LogCursor(events, storage, offset);
                    }
                    records = records(cursor, offset);
                }
                found.add(event(records.get((int) (offset - records.get(0).offset()))));
            }
        } finally {
            close(cursor);
        }
        return found;
    }

    private static void close(@Nullable LogCursor cursor) {
        if (cursor != null) {
            cursor.close();
        }
    }

    /** Those of the next batch from an offset on; none at the end. */
    private List<LogRecord> records(LogCursor cursor, long from) {
        Batch batch = cursor.advance(events.state().end());
        if (batch == null) {
            return List.of();
        }
        try {
            return batch.records(events.partition(), from);
        } catch (MalformedBytesException e) {
            throw events.damaged(batch.baseOffset(), e);
        }
    }

    private DomainEvent event(LogRecord record) {
        return DomainEvent.read(record, codec);
    }

    @Override
    public Page all(long after, int limit, Selection selection) {
        List<DomainEvent> found = new ArrayList<>();
        long position = after;
        try (LogCursor cursor = new LogCursor(events, storage, Math.min(after, lastPosition()))) {
            while (found.size() < limit) {
                List<LogRecord> records = records(cursor, position);
                if (records.isEmpty()) {
                    break;
                }
                for (LogRecord record : records) {
                    DomainEvent event = event(record);
                    if (selection.takes(event)) {
                        found.add(event);
                    }
                }
                position = records.get(records.size() - 1).offset() + 1;
            }
        }
        return new Page(found, position);
    }

    @Override
    public long lastPosition() {
        return events.state().end();
    }

    @Override
    public long position(AppendToken token) {
        return token.mark();
    }

    @Override
    public Watch watch(Runnable signal) {
        events.watch(signal);
        return () -> events.unwatch(signal);
    }

    @Override
    public @Nullable Bytes document(String collection, String key) {
        return documents.get(collection, key);
    }

    @Override
    public List<Document> documents(String collection, String after, int limit) {
        return documents.list(collection, after, limit);
    }

    @Override
    public void write(List<DocumentChange> changes) {
        AdminWrite write = new AdminWrite() {
            @Override
            public void prepare(Commit commit, List<PartitionLog> touched) {
                documents.change(commit, changes, events.draft(touched));
            }
        };
        log.committer().offer(write);
        environment().await(write.done());
    }

    @Override
    public void drop(String collection) {
        AdminWrite write = new AdminWrite() {
            @Override
            public void prepare(Commit commit, List<PartitionLog> touched) {
                documents.drop(commit, collection, events.draft(touched));
            }
        };
        log.committer().offer(write);
        environment().await(write.done());
    }

    @Override
    public void close() {
        whenClosed.run();
    }
}
