package io.clusterdb.events.broker;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.BatchHandler;
import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetters;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Groups;
import io.clusterdb.events.Handler;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schedules;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Topics;
import io.clusterdb.events.TransactionBody;
import io.clusterdb.events.Transactions;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.EventIds;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.StoreFollower;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A broker over a log engine. Thread-safe. */
public final class Broker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

    private static final String NO_RECORD = "Group {} skips {}, but that could not be recorded";

    /** After which what is in a transaction is given up. */
    static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(60);

    private final String application;
    private final LogEngine engine;
    private final Environment environment;
    private final EventIds ids;
    private final Callbacks callbacks;
    private final Scan scan;
    private final DeliveryLog deliveryLog;
    private final GroupRegistry groups;
    private final Positions positions;
    private final SchemaRegistry schemas;
    private final SchemaCodec codec;
    private final Routing routing = new Routing(this);
    private final Deduplication deduplication = new Deduplication(this);
    private final Publishing publishing = new Publishing(this, routing, deduplication);
    private final Conditions conditions;
    private final TopicAdministration topics;
    private final TransactionAdministration transactions;
    private final GroupAdministration groupAdministration;
    private final DeadLetterOffice deadLetters;
    private final ScheduleRegistry schedules;
    private final ScheduleDelivery scheduleDelivery;
    private final Housekeeping housekeeping;
    private final Forwards forwards = new Forwards(this);
    private final ReentrantLock joining = new ReentrantLock();
    private final Map<Producer, LogWriter> writers = new ConcurrentHashMap<>();
    private final Set<Dispatcher<?>> dispatchers = ConcurrentHashMap.newKeySet();

    /**
     * Opens it.
     *
     * @param application the source of events that name none, and the owner of transactions
     */
    public Broker(String application, LogEngine engine, Environment environment, Upcasters upcasters) {
        this.application = application;
        this.engine = engine;
        this.environment = environment;
        this.ids = new EventIds(environment);
        this.callbacks = new Callbacks(environment);
        this.scan = new Scan(engine, environment);
        InternalTopics.provide(engine);
        this.deliveryLog = new DeliveryLog(scan);
        this.groups = new GroupRegistry(engine, environment, scan);
        this.positions = new Positions(engine, environment, groups);
        this.schemas = new SchemaRegistry(engine, environment, scan);
        this.codec = new SchemaCodec(schemas, upcasters);
        this.conditions = new Conditions(schemas, forwards, upcasters);
        this.topics = new TopicAdministration(this);
        this.transactions = new TransactionAdministration(engine);
        this.groupAdministration = new GroupAdministration(this);
        this.deadLetters = new DeadLetterOffice(this);
        this.schedules = new ScheduleRegistry(this);
        this.scheduleDelivery = new ScheduleDelivery(this, schedules);
        this.housekeeping = new Housekeeping(this);
    }

    LogEngine engine() {
        return engine;
    }

    Environment environment() {
        return environment;
    }

    Scan scan() {
        return scan;
    }

    DeliveryLog deliveryLog() {
        return deliveryLog;
    }

    GroupRegistry registry() {
        return groups;
    }

    Forwards forwards() {
        return forwards;
    }

    DeadLetterOffice office() {
        return deadLetters;
    }

    ScheduleRegistry scheduleRegistry() {
        return schedules;
    }

    ScheduleDelivery scheduleDelivery() {
        return scheduleDelivery;
    }

    GroupAdministration groupAdministration() {
        return groupAdministration;
    }

    Conditions conditions() {
        return conditions;
    }

    Positions positions() {
        return positions;
    }

    /** Those at work in this process. */
    Set<Dispatcher<?>> dispatchers() {
        return dispatchers;
    }

    SchemaRegistry registeredSchemas() {
        return schemas;
    }

    SchemaCodec codec() {
        return codec;
    }

    Routing routing() {
        return routing;
    }

    Deduplication deduplication() {
        return deduplication;
    }

    Publishing publishing() {
        return publishing;
    }

    String application() {
        return application;
    }

    /** The event that a record is. */
    Event event(LogRecord record) {
        return Event.read(record, codec);
    }

    EventValues values(LogRecord record) {
        return new EventValues(event(record), record);
    }

    // --- publishing

    /** See {@link io.clusterdb.events.Events#publish(String, Event, Producer)}. */
    public Published publish(String topic, Event event, Producer producer) {
        String id = idOf(event);
        LogWriter.Appended appended = environment.await(append(topic, event, id, producer));
        return published(appended, id);
    }

    /** As {@link #publish}, without waiting; what is chained to the future runs on a thread of its own. */
    public CompletableFuture<Published> publishAsync(String topic, Event event, Producer producer) {
        String id = idOf(event);
        return answer(append(topic, event, id, producer), id);
    }

    /** What is chained to it does not run on the threads that write: these would have to wait for themselves. */
    CompletableFuture<Published> answer(CompletableFuture<LogWriter.Appended> append, String id) {
        CompletableFuture<Published> answer = new CompletableFuture<>();
        append.whenComplete((appended, failure) -> callbacks.add(() -> {
            if (failure == null) {
                answer.complete(published(appended, id));
            } else {
                answer.completeExceptionally(failure);
            }
        }));
        return answer;
    }

    private CompletableFuture<LogWriter.Appended> append(String topic, Event event, String id, Producer producer) {
        Topic known = known(topic);
        // A later duplicate has to be told the offset, which acks none does not wait for.
        boolean answered = producer.acks() == Acks.NONE && known.config().deduplication() != null;
        Producer settings = answered ? producer.withAcks(Acks.LEADER) : producer;
        LogWriter writer = writers.computeIfAbsent(settings, engine::writer);
        if (schedules.isDueLater(event)) {
            return scheduleDelivery.expect(topic, writer.append(schedules.record(known, event, id)));
        }
        return publishing.append(
                known, event, id, new Publishing.Destination(writer::append, settings.acks() == Acks.ALL, null));
    }

    /** A topic that events can be published to. */
    Topic known(String topic) {
        InternalTopics.checkUserName(topic);
        return engine.known(topic);
    }

    NewRecord record(String topic, Event event, String id) {
        return record(topic, event, id, Instant.ofEpochMilli(environment.millis()));
    }

    /** @param time of an event that has none */
    NewRecord record(String topic, Event event, String id, Instant time) {
        return event.record(topic, id, application, time, codec);
    }

    String idOf(Event event) {
        String given = event.id();
        return given == null ? newId() : given;
    }

    String newId() {
        return ids.next();
    }

    static Published published(LogWriter.Appended appended, String id) {
        return new Published(
                appended.partition().topic(),
                appended.partition().partition(),
                appended.offset() < 0 ? OptionalLong.empty() : OptionalLong.of(appended.offset()),
                id);
    }

    /** See {@link io.clusterdb.events.Events#transaction}. */
    public void transaction(TransactionBody body) {
        new OpenTransactions(this).run(body);
    }

    // --- subscribing

    /** See {@link io.clusterdb.events.Events#subscribe(Subscription)}. */
    public Consumer subscribe(Subscription subscription) {
        ConsumerGroup group = admit(subscription);
        return start(group, subscription, d -> new PullOutlet(d, environment, group, subscription.processor()));
    }

    /** See {@link io.clusterdb.events.Events#subscribe(Subscription, Handler)}. */
    public ActiveSubscription subscribe(Subscription subscription, Handler handler) {
        ConsumerGroup group = admit(subscription);
        return start(group, subscription, d -> new HandlerOutlet(d, environment, subscription.processor(), handler));
    }

    /** See {@link io.clusterdb.events.Events#subscribeBatches}. */
    public ActiveSubscription subscribeBatches(Subscription subscription, BatchHandler handler) {
        ConsumerGroup group = admit(subscription);
        return start(group, subscription, d -> new HandlerOutlet(d, environment, subscription.processor(), handler));
    }

    <T extends Outlet> T start(ConsumerGroup group, Subscription subscription, Function<Dispatcher<T>, T> outlets) {
        Dispatcher<T> dispatcher = new Dispatcher<>(this, group, subscription, outlets);
        dispatchers.add(dispatcher);
        return dispatcher.outlet();
    }

    private ConsumerGroup admit(Subscription subscription) {
        ConsumerGroup group = groups.get(subscription.group());
        for (String topic : subscription.topics()) {
            if (!group.topics().contains(topic)) {
                throw RejectedException.invalid(
                        "subscription of group " + group.name(),
                        "topic",
                        topic,
                        "the group's topics " + group.topics());
            }
        }
        for (String topic : subscription.topics().isEmpty() ? group.topics() : subscription.topics()) {
            if (engine.topic(topic).isEmpty()) {
                throw NotFoundException.topic(
                        topic, topics.list().stream().map(Topic::name).toList());
            }
        }
        ensureDeadLetters(group, deadLetterTopic(subscription));
        groupAdministration.requirePositions(group);
        return group;
    }

    /** Makes the topic again that was deleted while a group works. */
    void renewDeadLetters(ConsumerGroup group, Subscription subscription) {
        try {
            ensureDeadLetters(group, deadLetterTopic(subscription));
        } catch (EventsException e) {
            LOG.warn("Group {}: its topic of dead letters is gone, and can't be made again now", group.name(), e);
        }
    }

    private void ensureDeadLetters(ConsumerGroup group, String name) {
        if (engine.topic(name).isEmpty()) {
            groupAdministration.forget(Topic.named(name), List.of(group));
            engine.createTopic(Topic.named(name).maxMessageSize(ByteSize.mib(64)));
        }
        engine.createTopic(InternalTopics.replay(group.name()).maxMessageSize(ByteSize.mib(64)));
    }

    String deadLetterTopic(Subscription subscription) {
        String named = subscription.processor().deadLetters();
        return named == null ? defaultDeadLetterTopic(subscription.group()) : named;
    }

    static String defaultDeadLetterTopic(String group) {
        return group + ".dlq";
    }

    /** All partitions that a group reads, those of its replayed dead letters included. */
    List<TopicPartition> partitionsOf(ConsumerGroup group) {
        List<TopicPartition> all = new ArrayList<>();
        List<String> names = new ArrayList<>(group.topics());
        names.add(InternalTopics.replay(group.name()).name());
        for (String name : names) {
            engine.topic(name).ifPresent(topic -> {
                for (int p = 0; p < topic.partitions(); p++) {
                    all.add(new TopicPartition(name, p));
                }
            });
        }
        return all;
    }

    /** Appends records in one step. */
    void write(List<NewRecord> records) {
        LogTransaction transaction = engine.begin(application, TRANSACTION_TIMEOUT);
        try {
            environment.await(transaction.commit(records));
        } catch (RuntimeException | Error e) {
            transaction.abort(); // left open it would hold up who reads where it wrote
            throw e;
        }
    }

    /** Does something with the delivery of a group that has no members, and gets none until it is done. */
    void whileNobodyJoins(String group, Runnable work) {
        whileNone(group, held -> true, work);
    }

    /** The same with one partition of a group whose members may be at work in others, where it is known for sure. */
    void whileNobodyHolds(String group, TopicPartition partition, Runnable work) {
        boolean isShared = engine.facts().has(LogEngine.Trait.SHARED);
        whileNone(group, held -> isShared || held.contains(partition), work);
    }

    private void whileNone(String group, Predicate<Set<TopicPartition>> at, Runnable work) {
        joining.lock();
        try {
            Map<String, Set<TopicPartition>> members = engine.members(group);
            if (members.values().stream().anyMatch(at)) {
                throw ConflictException.groupActive(group, members.size());
            }
            work.run();
        } finally {
            joining.unlock();
        }
    }

    /** Reads what is written down of partitions that a member was given. */
    Map<TopicPartition, DeliveryLog.Written> writtenFor(ConsumerGroup group, Collection<TopicPartition> partitions) {
        joining.lock();
        try {
            return deliveryLog.read(group.name(), partitions);
        } finally {
            joining.unlock();
        }
    }

    void recordSkip(String group, Delivered message, String reason) {
        LOG.info("Group {} skips {}: {}", group, message, reason);
        Headers headers = new Headers.Builder()
                .add("skip_topic", message.topic())
                .add("skip_partition", Integer.toString(message.partition()))
                .add("skip_offset", Long.toString(message.offset()))
                .add("skip_reason", reason)
                .build();
        NewRecord record = new NewRecord(
                InternalTopics.SKIPPED.name(),
                NewRecord.BY_KEY,
                Bytes.utf8(group),
                message.record().value(),
                headers);
        try {
            writers.computeIfAbsent(Producer.defaults(), engine::writer)
                    .append(record)
                    .exceptionally(failure -> {
                        LOG.warn(NO_RECORD, group, message, failure);
                        return null;
                    });
        } catch (EventsException e) { // the event is skipped all the same
            LOG.warn(NO_RECORD, group, message, e);
        }
    }

    /** See {@link io.clusterdb.events.Events#read}. */
    public EventReader read(LogQuery query) {
        return new LogReading(this, query);
    }

    // --- administration

    /** What has the events of stores come to topics. */
    public StoreFollower follower() {
        return forwards;
    }

    public Topics topics() {
        return topics;
    }

    public Transactions transactions() {
        return transactions;
    }

    public Schemas schemas() {
        return schemas;
    }

    public Groups groups() {
        return groupAdministration;
    }

    public DeadLetters deadLetters() {
        return deadLetters;
    }

    public Schedules schedules() {
        return schedules;
    }

    /** Lets handlers finish, as long as their subscriptions' time-outs. */
    public void drain() {
        dispatchers.forEach(Dispatcher::stop);
        List.copyOf(dispatchers).forEach(d -> d.outlet().close());
    }

    /** Lets handlers finish, and closes the engine. */
    @Override
    public void close() {
        forwards.close();
        housekeeping.close();
        scheduleDelivery.close();
        drain();
        writers.values().forEach(LogWriter::close);
        groups.close();
        schemas.close();
        schedules.close();
        engine.close();
        callbacks.close();
    }
}
