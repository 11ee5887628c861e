package io.clusterdb.events.store;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.AllEvents;
import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.ForwardStatus;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Projections;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Snapshot;
import io.clusterdb.events.Store;
import io.clusterdb.events.StoreSchema;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.EventIds;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.Rest;
import io.clusterdb.events.spi.StoreFollower;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A store over an engine. Thread-safe. */
public final class OpenStore implements Store, AutoCloseable {
    /** What the data of one event have at most. */
    private static final int MAX_DATA_BYTES = 1 << 20;

    private static final long MAX_APPEND_BYTES = 256 << 20;

    /** Events that are read at once. */
    static final int PAGE = 1_000;

    private final EventStore config;
    private final StoreEngine engine;
    private final Environment environment;
    private final EventIds ids;
    private final StoreCodec codec;
    private final Snapshots snapshots;
    private final SnapshotTaker taker;
    private final OpenProjections projections;
    private final InlineAppends appends;
    private final Map<String, AggregateType<?>> types = new ConcurrentHashMap<>();
    private volatile @Nullable StoreFollower follower;

    private OpenStore(EventStore config, StoreEngine engine, StoreCodec codec, Environment environment) {
        this.config = config;
        this.engine = engine;
        this.environment = environment;
        this.ids = new EventIds(environment);
        this.codec = codec;
        this.snapshots = new Snapshots(engine, config.snapshots(), codec.upcasters());
        config.types().forEach(type -> types.put(type.name(), type));
        this.taker = new SnapshotTaker(this, environment);
        this.projections = new OpenProjections(engine, environment);
        this.appends = new InlineAppends(config.name(), engine, projections);
        projections.resume();
    }

    /**
     * Opens a store where it is kept; see {@link StoreBackend#open}.
     *
     * @throws RejectedException when a schema that is declared may not follow the one that is kept
     */
    public static OpenStore open(EventStore config, StoreBackend place, Upcasters upcasters, Environment environment) {
        StoreSchemas schemas = new StoreSchemas(config, environment);
        StoreCodec codec = new StoreCodec(upcasters);
        StoreEngine engine = place.open(config, codec, environment);
        try {
            codec.use(schemas.declare(engine));
            return new OpenStore(config, engine, codec, environment);
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    StoreEngine engine() {
        return engine;
    }

    Snapshots snapshots() {
        return snapshots;
    }

    /** The type of that name, if it is configured or was used. */
    @Nullable
    AggregateType<?> type(String name) {
        return types.get(name);
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public EventStore configuration() {
        return config;
    }

    @Override
    public AppendToken storeEvents(Append append) {
        List<DomainEvent> sealed = new ArrayList<>(append.events().size());
        Instant now = Instant.ofEpochMilli(environment.millis());
        long size = 0;
        for (DomainEvent event : append.events()) {
            DomainEvent ready = sealed(event, now);
            size += sizeOf(ready);
            sealed.add(ready);
        }
        if (size > MAX_APPEND_BYTES) {
            throw RejectedException.tooLarge(
                    "an append of " + sealed.size() + " events", size, MAX_APPEND_BYTES, "the maximum of an append");
        }
        AppendToken token = appends.append(new Append(sealed, append.conditions()));
        taker.stored(sealed, token);
        return token;
    }

    private DomainEvent sealed(DomainEvent event, Instant now) {
        String id = event.id();
        return event.sealed(name(), id == null ? ids.next() : id, now, codec);
    }

    private static int sizeOf(DomainEvent event) {
        int size = event.bytes().length;
        if (size > MAX_DATA_BYTES) {
            throw RejectedException.tooLarge(
                    "the data of event " + event.type(), size, MAX_DATA_BYTES, "the maximum of an event store");
        }
        return size;
    }

    @Override
    public <T> Aggregate<T> loadAggregate(AggregateType<T> type, String id) {
        types.put(type.name(), type);
        Loaded<T> loaded = load(type, id);
        taker.loaded(loaded.aggregate(), loaded.snapshot());
        return loaded.aggregate();
    }

    /** @param snapshot version of the snapshot that it began with, 0 when there was none */
    private record Loaded<T>(Aggregate<T> aggregate, long snapshot) {}

    /** As {@link #loadAggregate}, without making a snapshot due. */
    <T> Aggregate<T> fold(AggregateType<T> type, String id) {
        return load(type, id).aggregate();
    }

    private <T> Loaded<T> load(AggregateType<T> type, String id) {
        Snapshots.Found<T> found = snapshots.find(type, id).orElse(null);
        if (found != null) {
            Rest rest = engine.behind(id, found.version(), PAGE).orElse(null);
            if (rest != null) {
                return folded(type, id, found, rest);
            }
            snapshots.ignore(id, "it is of version " + found.version() + ", which no event has");
        }
        Rest all = engine.behind(id, 0, PAGE).orElseThrow(() -> NotFoundException.aggregate(name(), type.name(), id));
        return folded(type, id, null, all);
    }

    private <T> Loaded<T> folded(AggregateType<T> type, String id, Snapshots.@Nullable Found<T> begin, Rest rest) {
        if (!rest.aggregateType().equals(type.name())) {
            throw ConflictException.wrongAggregateType(id, rest.aggregateType(), type.name());
        }
        long from = begin == null ? 0 : begin.version();
        T state = begin == null ? null : begin.state();
        long version = from;
        for (List<DomainEvent> page = rest.events(); !page.isEmpty(); page = following(id, page)) {
            for (DomainEvent event : page) {
                state = type.apply(state, event);
                version = event.version();
            }
        }
        if (state == null) {
            throw NotFoundException.aggregate(name(), type.name(), id);
        }
        return new Loaded<>(new Aggregate<>(type, id, version, state), from);
    }

    private List<DomainEvent> following(String id, List<DomainEvent> page) {
        return page.size() < PAGE
                ? List.of()
                : engine.behind(id, page.getLast().version(), PAGE)
                        .map(Rest::events)
                        .orElse(List.of());
    }

    @Override
    public List<DomainEvent> getEvents(String aggregateId) {
        List<DomainEvent> all = new ArrayList<>();
        getEventStream(aggregateId).forEach(all::add);
        return all;
    }

    @Override
    public EventStream getEventStream(String aggregateId) {
        return StreamReading.of(this, aggregateId);
    }

    /** The newest snapshot of an aggregate whose type is known. */
    Optional<Snapshot> snapshot(String aggregateId) {
        return engine.head(aggregateId).flatMap(head -> {
            AggregateType<?> type = types.get(head.aggregateType());
            return type == null ? Optional.empty() : snapshots.read(type, aggregateId, head.version());
        });
    }

    @Override
    public List<StreamStatus> streams(String after, int limit) {
        return engine.streams(after, limit);
    }

    @Override
    public List<Snapshot> snapshots(String aggregateId) {
        return engine.head(aggregateId)
                .map(head -> snapshots.all(aggregateId, head.version()))
                .orElse(List.of());
    }

    @Override
    public List<StoreSchema> schemas() {
        return StoreSchemas.list(engine);
    }

    @Override
    public void createSnapshot(Aggregate<?> aggregate) {
        types.put(aggregate.type().name(), aggregate.type());
        snapshots.save(aggregate);
    }

    @Override
    public AllEvents all() {
        return new AllReading(engine, text -> codec.condition(name(), text), 0, StoreEngine.Selection.ALL, null);
    }

    @Override
    public Projections projections() {
        return projections;
    }

    /** What the store's schemas say of the data of its events; empty when they say nothing. */
    Optional<DataType> data() {
        return codec.data();
    }

    /** Has the store tell how far it is forwarded. */
    void followedBy(StoreFollower broker) {
        follower = broker;
    }

    @Override
    public List<ForwardStatus> forwards() {
        StoreFollower broker = follower;
        return broker == null
                ? List.of()
                : broker.status().stream()
                        .filter(status -> status.store().equals(name()))
                        .toList();
    }

    @Override
    public long ignoredSnapshots() {
        return snapshots.ignored();
    }

    @Override
    public void close() {
        OpenStores.runAll(List.<Runnable>of(projections::close, taker::close, engine::close)
                .iterator());
    }
}
