package io.clusterdb.events.spi;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.StreamStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Streams of events, one for each aggregate, with one order over all of them; and documents, which change in the same
 * step as events are stored. Everything above (folds, snapshots, projections) is written once, over this.
 *
 * <p>Thread-safe. Unless said otherwise a method may wait for the engine, and throws
 * {@link io.clusterdb.events.UnavailableException} when nothing could be done.
 */
public interface StoreEngine extends StoreReader, AutoCloseable {
    /**
     * The collection that says which projections are inline: by their names, the build that changes with every append.
     * Changed in {@link #exclusive} transactions only.
     */
    String INLINE = "inline";

    /**
     * Stores events and changes documents, all or nothing. What is stored is durable when it returns.
     *
     * <p>Repeating an append (the same ids and content in the same streams) stores and changes nothing, and gives the same
     * answer.
     *
     * @param append whose events have id, time, and JSON as data
     * @param inline the projections that the caller has reckoned with, as {@link #inline(List)} writes them
     * @throws io.clusterdb.events.RejectedException with the code INLINE_PROJECTION when others are inline
     * @throws io.clusterdb.events.ConflictException when a stream is not as expected, an aggregate is of another type, an
     *     id is another event's, or a document is not what it was
     * @throws io.clusterdb.events.OutcomeUnknownException when it may have happened
     */
    Stored append(Append append, String inline, List<DocumentChange> documents);

    /** An append of one who knows of no inline projection. */
    default AppendToken append(Append append, List<DocumentChange> documents) {
        return append(append, "", documents).token();
    }

    /**
     * Begins a transaction for user code.
     *
     * @param resource what it wants to write with; see {@link StoreTransaction#unwrap}
     * @param appends whether it is to end with an append
     * @throws io.clusterdb.events.RejectedException when the engine has no such thing
     */
    StoreTransaction begin(Class<?> resource, boolean appends);

    /**
     * Begins a transaction during which no event is stored: what is stored has its positions, and appends wait until it
     * ends. It may change {@link #INLINE}. To be ended soon.
     *
     * @return empty when that can't be now: to be tried again later
     */
    Optional<StoreTransaction> exclusive();

    /** Whether other processes may have the store open, too. */
    boolean isShared();

    /** The aggregate's type and the version of its last event; empty when it has none. */
    Optional<StreamHead> head(String aggregateId);

    /**
     * Aggregates that have events, ascending by the UTF-8 of their ids.
     *
     * @param after the id behind which to begin; empty = from the first
     * @param limit of aggregates; fewer only at the end
     */
    List<StreamStatus> streams(String after, int limit);

    /**
     * Events of one aggregate, in order.
     *
     * @param from the first version that is wanted
     * @param limit of events; fewer only at the end
     */
    List<DomainEvent> stream(String aggregateId, long from, int limit);

    /**
     * What a fold needs behind a version that it has reached: it asks for no position, so where these cost something they
     * are left out.
     *
     * @param version 0 = before the first event
     * @param limit of events; fewer only at the end
     * @return empty when the aggregate has no event of that version; with 0, when it has none
     */
    default Optional<Rest> behind(String aggregateId, long version, int limit) {
        return head(aggregateId)
                .filter(head -> head.version() >= version)
                .map(head -> new Rest(head.aggregateType(), stream(aggregateId, version + 1, limit)));
    }

    /** As {@link #stream}, backwards: the first one has the version {@code from} or the highest below. */
    List<DomainEvent> backwards(String aggregateId, long from, int limit);

    /** The position of the last event of an append; 0 when it has none yet. */
    long position(AppendToken token);

    /**
     * Calls back some time after events got positions; maybe also when none did, and once for several. The callback must
     * not wait.
     */
    Watch watch(Runnable signal);

    /** Changes documents, all or none. Durable when it returns. Errors as {@link #append}. */
    void write(List<DocumentChange> changes);

    /** Removes all documents of a collection. */
    void drop(String collection);

    @Override
    void close();

    /** How {@link #INLINE} is written as one text. */
    static String inline(List<Document> builds) {
        return builds.stream()
                .map(each -> each.key() + " " + each.value().utf8())
                .collect(Collectors.joining(", "));
    }

    /**
     * The answer to an append.
     *
     * @param isNew whether it is this call that has stored it, as far as that is known
     */
    record Stored(AppendToken token, boolean isNew) {}

    /** Where an aggregate stands. */
    record StreamHead(String aggregateType, long version) {}

    /** Events of an aggregate, whose type is that of its first. */
    record Rest(String aggregateType, List<DomainEvent> events) {}

    /** A document. */
    record Document(String key, Bytes value) {}

    /**
     * Events out of the order of all.
     *
     * @param events that were selected
     * @param position up to which all were looked at: where to go on
     */
    record Page(List<DomainEvent> events, long position) {}

    /**
     * Which events are wanted.
     *
     * @param aggregateTypes empty = of all aggregates
     * @param eventTypes empty = of all types
     */
    record Selection(Set<String> aggregateTypes, Set<String> eventTypes) {
        public static final Selection ALL = new Selection(Set.of(), Set.of());

        public Selection {
            aggregateTypes = Set.copyOf(aggregateTypes);
            eventTypes = Set.copyOf(eventTypes);
        }

        public boolean takes(DomainEvent event) {
            return (aggregateTypes.isEmpty() || aggregateTypes.contains(event.aggregateType()))
                    && (eventTypes.isEmpty() || eventTypes.contains(event.type()));
        }
    }

    /**
     * A change of one document.
     *
     * @param value null = it is removed
     * @param ifUnchanged whether it only takes place where the document is still {@code before}
     * @param before null = there was none
     */
    record DocumentChange(
            String collection,
            String key,
            @Nullable Bytes value,
            boolean ifUnchanged,
            @Nullable Bytes before) {
        public static DocumentChange put(String collection, String key, @Nullable Bytes value) {
            return new DocumentChange(collection, key, value, false, null);
        }

        public static DocumentChange replace(
                String collection, String key, @Nullable Bytes before, @Nullable Bytes value) {
            return new DocumentChange(collection, key, value, true, before);
        }
    }

    /** What calls back until it is closed. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
