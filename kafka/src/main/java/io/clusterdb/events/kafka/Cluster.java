package io.clusterdb.events.kafka;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection to a Kafka cluster: how its clients are set up, and how its answers are waited for. Thread-safe. */
final class Cluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    private static final AtomicLong CLIENTS = new AtomicLong();
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration REQUEST = Duration.ofSeconds(15);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(5);
    /** The first pause; Kafka's clients double it up to a second. */
    private static final Duration RETRY = Duration.ofMillis(20);

    private final List<String> nodes;
    private final Environment environment;
    private final Admin admin;
    private final Limits limits;
    private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();

    /** What the cluster's own configuration allows. */
    record Limits(Duration minSession, Duration maxSession, Duration maxTransaction) {}

    private Cluster(List<String> nodes, Environment environment, Admin admin, Limits limits) {
        this.nodes = nodes;
        this.environment = environment;
        this.admin = admin;
        this.limits = limits;
    }

    /** @throws UnavailableException when no node answers */
    static Cluster connect(List<String> nodes, Environment environment) {
        Map<String, Object> settings = client(nodes, "admin");
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST.toMillis());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER.toMillis());
        String what = "The Kafka cluster at " + String.join(", ", nodes) + " does not answer";
        Admin admin;
        try {
            admin = Admin.create(settings);
        } catch (RuntimeException e) {
            throw Failures.of(what, e);
        }
        try {
            DescribeClusterOptions patience = new DescribeClusterOptions().timeoutMs((int) CONNECT.toMillis());
            Node any = environment
                    .await(translated(what, admin.describeCluster(patience).nodes()))
                    .iterator()
                    .next();
            return new Cluster(nodes, environment, admin, limits(environment, admin, any, what));
        } catch (EventsException e) {
            admin.close(Duration.ZERO);
            throw e;
        }
    }

    /** Kafka's defaults where the client is not allowed to ask. */
    private static Limits limits(Environment environment, Admin admin, Node node, String what) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
        Config config;
        try {
            config = environment
                    .await(translated(
                            what, admin.describeConfigs(List.of(resource)).all()))
                    .values()
                    .iterator()
                    .next();
        } catch (RejectedException e) {
            config = new Config(List.of());
        }
        remark(config).ifPresent(LOG::warn);
        return new Limits(
                millis(config, "group.min.session.timeout.ms", 6_000),
                millis(config, "group.max.session.timeout.ms", 1_800_000),
                millis(config, "transaction.max.timeout.ms", 900_000));
    }

    /** What an operator should change in a node's configuration. */
    static Optional<String> remark(Config config) {
        ConfigEntry entry = config.get("auto.create.topics.enable");
        return entry == null || !"true".equals(entry.value())
                ? Optional.empty()
                : Optional.of(
                        "The Kafka cluster makes topics by itself (auto.create.topics.enable=true, Kafka's default):"
                                + " a topic that is deleted may come back, empty and with Kafka's settings, while a program"
                                + " still has it in use. Set auto.create.topics.enable=false in the configuration of the nodes"
                                + " and restart them");
    }

    private static Duration millis(Config config, String name, long otherwise) {
        ConfigEntry entry = config.get(name);
        return Duration.ofMillis(entry == null || entry.value() == null ? otherwise : Long.parseLong(entry.value()));
    }

    private static Map<String, Object> client(List<String> nodes, String role) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, nodes);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, "events-" + role + "-" + CLIENTS.incrementAndGet());
        settings.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, RETRY.toMillis());
        settings.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, List.of());
        settings.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
        return settings;
    }

    /** A consumer that begins nowhere by itself, commits nothing by itself and creates no topic. */
    KafkaConsumer<byte[], byte[]> consumer(String role, Map<String, Object> more) {
        Map<String, Object> settings = client(nodes, role);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.putAll(more);
        try {
            return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            throw Failures.of("A consumer of Kafka could not be made", e);
        }
    }

    KafkaProducer<byte[], byte[]> producer(String role, Map<String, Object> more) {
        Map<String, Object> settings = client(nodes, role);
        settings.putAll(more);
        try {
            return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        } catch (KafkaException e) {
            throw Failures.of("A producer of Kafka could not be made", e);
        }
    }

    Environment environment() {
        return environment;
    }

    Admin admin() {
        return admin;
    }

    Limits limits() {
        return limits;
    }

    /** The answer, which fails with what {@link Failures#of} makes of it. */
    static <T> CompletableFuture<T> translated(String what, KafkaFuture<T> answer) {
        return translated(what, answer.toCompletionStage());
    }

    static <T> CompletableFuture<T> translated(String what, CompletionStage<T> answer) {
        CompletableFuture<T> translated = new CompletableFuture<>();
        answer.whenComplete((value, failure) -> {
            if (failure == null) {
                translated.complete(value);
            } else {
                translated.completeExceptionally(Failures.of(what, failure));
            }
        });
        return translated;
    }

    /** Waits for an answer. */
    <T> T await(String what, KafkaFuture<T> answer) {
        return environment.await(translated(what, answer));
    }

    /** Asks again and again until the cluster shows it: its nodes learn of changes one after the other. */
    void until(String what, BooleanSupplier shown) {
        long deadline = environment.nanos() + ANSWER.toNanos();
        while (!shown.getAsBoolean()) {
            if (environment.nanos() - deadline > 0) {
                throw new UnavailableException(new Problem(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        what,
                        "the cluster does not show it after " + ANSWER.toSeconds() + " s",
                        "Look at the cluster's nodes, then look again: it may still happen"));
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    static org.apache.kafka.common.TopicPartition kafkas(TopicPartition partition) {
        return new org.apache.kafka.common.TopicPartition(partition.topic(), partition.partition());
    }

    static TopicPartition ours(org.apache.kafka.common.TopicPartition partition) {
        return new TopicPartition(partition.topic(), partition.partition());
    }

    /** Has it closed with the cluster, unless it is closed before. */
    <T extends AutoCloseable> T opened(T resource) {
        open.add(resource);
        return resource;
    }

    void closed(AutoCloseable resource) {
        open.remove(resource);
    }

    /** Closes what nobody has closed. */
    void closeOpen() {
        for (AutoCloseable resource : List.copyOf(open)) {
            try {
                resource.close();
            } catch (Exception e) {
                LOG.warn("{} could not be closed", resource, e);
            }
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
