package io.clusterdb.events;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A topic: a named set of partitions, each an ordered log of events. A value; {@link Events#createTopic} makes it real.
 *
 * @param name 1 to 249 of {@code [a-zA-Z0-9._-]}, neither {@code .} nor {@code ..}; behind {@link #STORE_PREFIX} for the
 *     events of a store, which nobody else can create
 * @param partitions 1 to 100,000
 * @param replicationFactor copies on a cluster; null = the broker's default. Embedded logs hold one copy
 * @param owner the team or service that answers for the topic; null = nobody named
 * @param schemas what the data of its events must look like, by their type, {@link Schemas#ANY_TYPE} standing for types
 *     that are not named; empty = anything
 * @param routes by which events published to it are copied to other topics
 */
public record Topic(
        String name,
        int partitions,
        @Nullable Integer replicationFactor,
        TopicConfig config,
        @Nullable String owner,
        Map<String, Schema> schemas,
        List<Route> routes) {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final int MAX_PARTITIONS = 100_000;

    /** What the names of topics begin with that hold the events of a store; the store's name follows. */
    public static final String STORE_PREFIX = "store:";

    /** @throws RejectedException naming the component that is out of its range */
    public Topic {
        schemas = Map.copyOf(schemas);
        routes = routes == null ? List.of() : List.copyOf(routes); // null where an older version stored the topic
        checkTopic(name);
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            throw RejectedException.invalid(
                    "topic " + name, "partitions", partitions, "1 to " + MAX_PARTITIONS + " partitions");
        }
        if (replicationFactor != null && replicationFactor < 1) {
            throw RejectedException.invalid("topic " + name, "replicationFactor", replicationFactor, "1 or more");
        }
    }

    /** A topic of one partition with the default settings. */
    public static Topic named(String name) {
        return new Topic(name, 1, null, TopicConfig.DEFAULTS, null, Map.of(), List.of());
    }

    /** Whether it holds the events of a store. */
    public boolean isStore() {
        return name.startsWith(STORE_PREFIX);
    }

    /** @throws RejectedException when the name is none a topic or group can have */
    public static void checkName(String name) {
        if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            throw RejectedException.badName(name);
        }
    }

    /** As {@link #checkName}; the topic of a store has its prefix before the name. */
    static void checkTopic(String name) {
        checkName(name.startsWith(STORE_PREFIX) ? name.substring(STORE_PREFIX.length()) : name);
    }

    public Topic partitions(int count) {
        return new Topic(name, count, replicationFactor, config, owner, schemas, routes);
    }

    public Topic replicationFactor(int copies) {
        return new Topic(name, partitions, copies, config, owner, schemas, routes);
    }

    public Topic owner(String teamOrService) {
        return new Topic(name, partitions, replicationFactor, config, teamOrService, schemas, routes);
    }

    /** Every event's data must fit this schema, except that of types with a schema of their own. */
    public Topic schema(Schema schema) {
        return schema(Schemas.ANY_TYPE, schema);
    }

    /** The data of events of a type must fit this schema. */
    public Topic schema(String type, Schema schema) {
        Map<String, Schema> all = new TreeMap<>(schemas);
        all.put(type, schema);
        return schemas(all);
    }

    /** The same topic with these schemas. */
    public Topic schemas(Map<String, Schema> byType) {
        return new Topic(name, partitions, replicationFactor, config, owner, byType, routes);
    }

    /**
     * Copies each event published to this topic for which the condition is true to another topic, in the same write.
     * Copies are not routed on.
     */
    public Topic route(String expression, String topic) {
        List<Route> all = new ArrayList<>(routes);
        all.add(new Route(expression, topic));
        return routes(all);
    }

    /** The same topic with these routes. */
    public Topic routes(List<Route> rules) {
        return new Topic(name, partitions, replicationFactor, config, owner, schemas, rules);
    }

    /** Keeps events for a time and up to a size per partition, whichever ends first. */
    public Topic retention(Duration time, ByteSize size) {
        return retention(new RetentionPolicy(time, size));
    }

    public Topic retention(RetentionPolicy policy) {
        return config(config.withRetention(policy));
    }

    public Topic cleanup(CleanupPolicy policy) {
        return config(config.withCleanupPolicy(policy));
    }

    public Topic compression(Compression compression) {
        return config(config.withCompression(compression));
    }

    public Topic maxMessageSize(ByteSize size) {
        return config(config.withMaxMessageSize(size));
    }

    public Topic deleteRetention(Duration time) {
        return config(config.withDeleteRetention(time));
    }

    /** An event published again within that time, under its id, is not written again; null = no event is known again. */
    public Topic deduplication(@Nullable Duration window) {
        return config(config.withDeduplication(window));
    }

    /** The same topic with other settings. */
    public Topic config(TopicConfig settings) {
        return new Topic(name, partitions, replicationFactor, settings, owner, schemas, routes);
    }
}
