package io.clusterdb.events.control;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.Compression;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.Route;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicConfig;
import io.clusterdb.events.TopicStatus;
import io.clusterdb.events.config.Durations;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Topics as JSON: the names and forms of their settings as in configuration. */
final class TopicJson {
    private static final String NONE = "none";

    private TopicJson() {}

    static ObjectNode write(Topic topic) {
        TopicConfig config = topic.config();
        RetentionPolicy retention = config.retention();
        ObjectNode json = Wire.JSON
                .createObjectNode()
                .put("name", topic.name())
                .put("partitions", topic.partitions())
                .put("replication_factor", topic.replicationFactor())
                .put("owner", topic.owner());
        json.put("retention_time", retention.time() == null ? null : Durations.text(retention.time()))
                .put(
                        "retention_size",
                        retention.size() == null ? null : retention.size().toString())
                .put("cleanup", word(config.cleanupPolicy()))
                .put("compression", word(config.compression()))
                .put("max_message_size", config.maxMessageSize().toString())
                .put("delete_retention", Durations.text(config.deleteRetention()))
                .put("deduplication", config.deduplication() == null ? null : Durations.text(config.deduplication()));
        ArrayNode routes = json.putArray("routes");
        topic.routes()
                .forEach(route ->
                        routes.addObject().put("expression", route.expression()).put("topic", route.topic()));
        return json;
    }

    static ObjectNode write(TopicStatus status) {
        long events = 0;
        long bytes = 0;
        ArrayNode partitions = Wire.JSON.createArrayNode();
        for (TopicStatus.Partition partition : status.partitions()) {
            events += partition.end() - partition.start();
            bytes += partition.bytes();
            partitions.add(write(partition));
        }
        ObjectNode json = write(status.topic());
        json.put("events", events).put("bytes", bytes);
        return json.set("partition_status", partitions);
    }

    private static ObjectNode write(TopicStatus.Partition partition) {
        ObjectNode json = Wire.JSON
                .createObjectNode()
                .put("partition", partition.partition())
                .put("start", partition.start())
                .put("stable_end", partition.stableEnd())
                .put("end", partition.end())
                .put("bytes", partition.bytes());
        TopicStatus.Holder holder = partition.heldBy();
        if (holder != null) {
            json.putObject("held_by")
                    .put("transaction", holder.id())
                    .put("owner", holder.owner())
                    .put("begun", holder.begun().toString());
        }
        return json;
    }

    /** The topic with the settings that a request gives; all others as they are. */
    static Topic apply(Request settings, Topic topic) {
        Topic changed = topic;
        if (settings.has("partitions")) {
            changed = changed.partitions(
                    (int) settings.number("partitions", 1, Integer.MAX_VALUE).orElseThrow());
        }
        if (settings.has("replication_factor")) {
            changed = changed.replicationFactor((int)
                    settings.number("replication_factor", 1, Short.MAX_VALUE).orElseThrow());
        }
        changed = settings.optionalText("owner").map(changed::owner).orElse(changed);
        changed = changed.retention(retention(settings, changed.config().retention()));
        changed = word(settings, "cleanup", CleanupPolicy.values())
                .map(changed::cleanup)
                .orElse(changed);
        changed = word(settings, "compression", Compression.values())
                .map(changed::compression)
                .orElse(changed);
        changed = settings.optionalText("max_message_size")
                .map(text -> size("max_message_size", text))
                .map(changed::maxMessageSize)
                .orElse(changed);
        if (settings.has("schema")) {
            Request schema = settings.part("schema");
            changed = changed.schema(SchemaJson.type(schema), SchemaJson.read(schema));
        }
        changed = settings.duration("delete_retention")
                .map(changed::deleteRetention)
                .orElse(changed);
        if (settings.has("deduplication")) {
            changed = changed.deduplication(
                    isNone(settings, "deduplication")
                            ? null
                            : settings.duration("deduplication").orElseThrow());
        }
        return changed.routes(routes(settings, changed.routes()));
    }

    /** Those there are, unless they are to go, and those that come to them. */
    private static List<Route> routes(Request settings, List<Route> before) {
        Set<Route> all = new LinkedHashSet<>(settings.flag("no_routes") ? List.of() : before);
        settings.texts("routes").forEach(text -> all.add(Route.parse(text)));
        return List.copyOf(all);
    }

    private static RetentionPolicy retention(Request settings, RetentionPolicy before) {
        Duration time = before.time();
        ByteSize size = before.size();
        if (settings.has("retention_time")) {
            time = isNone(settings, "retention_time") ? null : time(settings);
        }
        if (settings.has("retention_size")) {
            size = isNone(settings, "retention_size") ? null : size("retention_size", settings.text("retention_size"));
        }
        return new RetentionPolicy(time, size);
    }

    private static @Nullable Duration time(Request settings) {
        Duration time = settings.duration("retention_time").orElseThrow();
        if (time.isZero() || time.isNegative()) {
            throw RejectedException.invalid("the topic", "retention_time", time, "above zero, or none");
        }
        return time;
    }

    private static boolean isNone(Request settings, String field) {
        return settings.text(field).equals(NONE);
    }

    private static ByteSize size(String field, String text) {
        try {
            return ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw RejectedException.invalid("the topic", field, text, "a size such as 512, 16KB, 10GB or 10GiB");
        }
    }

    static <E extends Enum<E>> Optional<E> word(Request settings, String field, E[] values) {
        return settings.optionalText(field)
                .map(text -> Arrays.stream(values)
                        .filter(value -> word(value).equals(text.toLowerCase(Locale.ROOT)))
                        .findFirst()
                        .orElseThrow(() -> RejectedException.invalid(
                                "the topic",
                                field,
                                text,
                                String.join(
                                        " | ",
                                        Arrays.stream(values)
                                                .map(TopicJson::word)
                                                .toList()))));
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
