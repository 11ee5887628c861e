package io.clusterdb.events.broker;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Fetched;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Selection;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Brings the events of a store to a topic, each once and in their order: some of them, and up to where they are, are one
 * step of the {@link Leader} over the topic of forwards. What can't be written is tried again; nothing is left out.
 *
 * <p>A store is known by an id that it keeps as a document of its own: another one of the same name is forwarded from its
 * first event on. A step begins by reading the event that was forwarded last, so that a store that was set back is noticed.
 */
final class Forwarding implements Leader.Work {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarding.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TopicPartition HOME = new TopicPartition(InternalTopics.FORWARDS.name(), 0);

    /** Most events, and bytes of them, that are written in a step. */
    private static final int STEP_EVENTS = 500;

    private static final long STEP_BYTES = 4 << 20;

    /** After which what failed before anything was written is tried again. */
    private static final long RETRY_NANOS = Duration.ofMillis(500).toNanos();

    private static final String ID_COLLECTION = "store";
    private static final String ID_KEY = "id";
    private static final Reached NOTHING = new Reached(0, "");

    private final Broker broker;
    private final Environment environment;
    private final Source source;
    private final String topic;
    private final Map<String, Reached> reached = new HashMap<>();
    private final Leader leader;
    private final StoreEngine.Watch watch;
    private volatile @Nullable String failure;
    private @Nullable String id;
    private long read;
    private int stepEvents = STEP_EVENTS;
    private int writing;
    private long retryAtNanos;

    /**
     * A store that is open.
     *
     * @param data what its schemas say of the data of its events now; empty when they say nothing
     * @param isTopic whether it is in the broker's log: its events are the topic {@code store:<name>} already
     */
    record Source(String name, StoreEngine engine, Supplier<Optional<DataType>> data, boolean isTopic) {}

    /**
     * The value of a record of the topic of forwards; its key is {@code store/topic/id of the store}.
     *
     * @param event its id
     */
    record Reached(long position, String event) {}

    /** @param topic a user's, or that of the store itself: it holds copies then, just as they are stored */
    Forwarding(Broker broker, Source source, String topic) {
        this.broker = broker;
        this.environment = broker.environment();
        this.source = source;
        this.topic = topic;
        this.retryAtNanos = environment.nanos();
        this.leader = new Leader(broker, group(), HOME, "events-forward-" + source.name(), this);
        this.watch = source.engine().watch(leader::signal);
    }

    /** One for each store and topic: the length keeps apart what dots in names don't. */
    private String group() {
        String store = source.name();
        return isCopy()
                ? InternalTopics.PREFIX + "copies." + store
                : InternalTopics.FORWARDS.name() + "." + store.length() + "." + store + "." + topic;
    }

    private boolean isCopy() {
        return topic.startsWith(Topic.STORE_PREFIX);
    }

    String topic() {
        return topic;
    }

    boolean isOf(Source store) {
        return source.equals(store);
    }

    void close() {
        watch.close();
        leader.close();
    }

    // --- what the log says

    @Override
    public boolean isWanted() {
        return true;
    }

    @Override
    public void take(Fetched fetched) {
        fetched.records().forEach(this::take);
        read = Math.max(read, fetched.next());
    }

    private void take(LogRecord record) {
        Bytes key = record.key();
        if (key != null && key.utf8().startsWith(source.name() + "/" + topic + "/")) {
            reached.put(key.utf8(), value(record));
        }
    }

    private static Reached value(LogRecord record) {
        try {
            return JSON.readValue(Objects.requireNonNull(record.value()).toArray(), Reached.class);
        } catch (JacksonException e) {
            throw CorruptionException.found("forward record " + record.place(), e.getOriginalMessage(), e);
        }
    }

    @Override
    public long position() {
        return read;
    }

    private NewRecord record(DomainEvent last) {
        return new NewRecord(
                HOME.topic(),
                HOME.partition(),
                Bytes.utf8(key(id())),
                Bytes.of(JSON.writeValueAsBytes(new Reached(last.position(), idOf(last)))),
                Headers.NONE);
    }

    private String key(String storeId) {
        return source.name() + "/" + topic + "/" + storeId;
    }

    private static String idOf(DomainEvent event) {
        return Objects.requireNonNull(event.id());
    }

    /** Of the store, which gets one when it has none. */
    private String id() {
        String known = id;
        if (known == null) {
            Bytes kept = source.engine().document(ID_COLLECTION, ID_KEY);
            known = kept == null ? newId() : kept.utf8();
            id = known;
        }
        return known;
    }

    private String newId() {
        String made = broker.newId();
        try {
            source.engine().write(List.of(DocumentChange.replace(ID_COLLECTION, ID_KEY, null, Bytes.utf8(made))));
            return made;
        } catch (ConflictException e) {
            LOG.debug("Another process has given store {} its id", source.name(), e);
            return Objects.requireNonNull(source.engine().document(ID_COLLECTION, ID_KEY))
                    .utf8();
        }
    }

    // --- the step

    @Override
    public List<NewRecord> next() {
        if (environment.nanos() - retryAtNanos < 0) {
            return List.of();
        }
        try {
            return step();
        } catch (EventsException e) {
            note(e);
            retryAtNanos = environment.nanos() + RETRY_NANOS;
            return List.of();
        }
    }

    private List<NewRecord> step() {
        List<DomainEvent> events = behind(reached.getOrDefault(key(id()), NOTHING));
        if (events.isEmpty()) {
            failure = null;
            return List.of();
        }
        if (!source.isTopic()) {
            // A store in a folder shows its events before they are on the disk: a loss of power could undo what was
            // forwarded.
            source.engine().write(List.of());
        }
        Topic target = isCopy() ? null : target();
        List<NewRecord> records = new ArrayList<>();
        long bytes = 0;
        writing = 0;
        for (DomainEvent event : events) {
            List<NewRecord> own = fitting(event, target);
            bytes += own.stream().mapToLong(NewRecord::size).sum();
            if (own.isEmpty() || (writing > 0 && bytes > STEP_BYTES)) {
                break;
            }
            records.addAll(own);
            writing++;
        }
        records.add(record(events.get(writing - 1)));
        return records;
    }

    /** The events behind what was forwarded last, once that has been found there. */
    private List<DomainEvent> behind(Reached before) {
        boolean first = before.position() == 0;
        List<DomainEvent> events = source.engine()
                .all(first ? 0 : before.position() - 1, first ? stepEvents : stepEvents + 1, Selection.ALL)
                .events();
        if (events.isEmpty() && first) {
            return events;
        }
        if (events.isEmpty()) { // that of before is not there any more
            throw ConflictException.otherHistory(source.name(), topic, before.position(), before.event(), "no event");
        }
        long expected = first ? 1 : before.position();
        if (events.getFirst().position() != expected) {
            throw CorruptionException.found(
                    "the order of event store " + source.name(),
                    "behind position " + (expected - 1) + " comes "
                            + events.getFirst().position(),
                    null);
        }
        if (!first && !idOf(events.getFirst()).equals(before.event())) {
            throw ConflictException.otherHistory(
                    source.name(), topic, before.position(), before.event(), "event " + idOf(events.getFirst()));
        }
        int from = first ? 0 : 1;
        return events.subList(from, Math.min(events.size(), from + stepEvents));
    }

    private Topic target() {
        Topic target = broker.engine()
                .topic(topic)
                .orElseThrow(() -> NotFoundException.topic(
                        topic, broker.topics().list().stream().map(Topic::name).toList()));
        if (target.config().deduplication() != null) {
            throw RejectedException.engine(
                    "Event store " + source.name() + " can't be forwarded to topic " + topic,
                    "the topic has a deduplication window, and what is forwarded is not known by its id",
                    "Forward to a topic without one: each event comes once anyway");
        }
        return target;
    }

    /**
     * The event with its copies by the topic's routes; none when it is refused, and those before it go first.
     *
     * @param target null = the topic of the store itself
     */
    private List<NewRecord> fitting(DomainEvent event, @Nullable Topic target) {
        if (target == null) {
            return List.of(event.record(topic, source.name()));
        }
        try {
            NewRecord record = event.record(topic, broker.codec());
            Publishing.requireFit("event " + event.position() + " of store " + source.name(), target, record);
            List<NewRecord> all = new ArrayList<>(List.of(record));
            all.addAll(broker.routing().copies(target, record));
            return all;
        } catch (EventsException e) {
            if (writing == 0) {
                throw e;
            }
            return List.of();
        }
    }

    @Override
    public void written() {
        failure = null;
        stepEvents = Math.clamp(2L * writing, 1, STEP_EVENTS);
    }

    /** Where the engine refuses one event, those before it are brought there in smaller steps. */
    @Override
    public long failed(Throwable why) {
        if (why instanceof ConflictException) {
            LOG.debug("Another process forwards store {} now", source.name(), why);
            return Leader.RETRY_NANOS;
        }
        note(why);
        if (why instanceof RejectedException && writing > 1) {
            stepEvents = writing / 2;
            return 0;
        }
        return Leader.RETRY_NANOS;
    }

    private void note(Throwable why) {
        String told = String.valueOf(why.getMessage());
        if (!told.equals(failure)) {
            failure = told;
            LOG.warn("Store {} is not forwarded to topic {} now; it is tried again", source.name(), topic, why);
        }
    }

    @Override
    public long rest() {
        return failure == null ? Long.MAX_VALUE : RETRY_NANOS;
    }

    // --- asking

    ForwardStatus status() {
        Bytes kept = source.engine().document(ID_COLLECTION, ID_KEY);
        long position = kept == null ? 0 : written(key(kept.utf8()));
        return new ForwardStatus(
                source.name(), topic, position, Math.max(0, source.engine().lastPosition() - position), failure);
    }

    /** As far as it is by the log, whoever forwards. */
    private long written(String key) {
        long[] position = {0};
        broker.scan().read(HOME, 0, record -> {
            if (Bytes.utf8(key).equals(record.key())) {
                position[0] = value(record).position();
            }
            return true;
        });
        return position[0];
    }
}
