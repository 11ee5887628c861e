package io.clusterdb.events.control;

import io.clusterdb.events.ConsumerConfig;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Groups;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.config.Durations;
import java.time.Duration;
import java.util.TreeSet;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Consumer groups as JSON. */
final class GroupJson {
    private GroupJson() {}

    static ObjectNode write(ConsumerGroup group) {
        ConsumerConfig config = group.config();
        ObjectNode json = Wire.JSON.createObjectNode().put("name", group.name());
        ArrayNode topics = json.putArray("topics");
        group.topics().forEach(topics::add);
        return json.put("auto_offset_reset", StartText.text(config.autoOffsetReset()))
                .put("max_poll_records", config.maxPollRecords())
                .put("session_timeout", Durations.text(config.sessionTimeout()))
                .put("heartbeat_interval", Durations.text(config.heartbeatInterval()))
                .put("auto_commit", config.autoCommit())
                .put("isolation_level", TopicJson.word(config.isolationLevel()));
    }

    static ConsumerGroup named(Request request) {
        return new ConsumerGroup(
                request.text("name"), new TreeSet<>(request.texts("topics")), ConsumerConfig.defaults());
    }

    /** The group with what the request says of it. */
    static ConsumerGroup apply(Request request, ConsumerGroup group) {
        ConsumerConfig config = group.config();
        if (request.has("from")) {
            String from = request.text("from");
            config = config.autoOffsetReset(
                    from.equals("none") ? io.clusterdb.events.AutoOffsetReset.NONE : StartText.reset(from));
        }
        if (request.has("max_poll_records")) {
            config = config.maxPollRecords((int)
                    request.number("max_poll_records", 1, Integer.MAX_VALUE).orElseThrow());
        }
        Duration session = request.duration("session_timeout").orElse(config.sessionTimeout());
        Duration heartbeat = request.duration("heartbeat_interval").orElse(config.heartbeatInterval());
        config = config.session(session, heartbeat);
        if (request.has("auto_commit")) {
            config = config.autoCommit(request.flag("auto_commit"));
        }
        config = TopicJson.word(request, "isolation_level", IsolationLevel.values())
                .map(config::isolationLevel)
                .orElse(config);
        return new ConsumerGroup(
                group.name(), request.has("topics") ? new TreeSet<>(request.texts("topics")) : group.topics(), config);
    }

    static ObjectNode write(GroupLag lag) {
        ObjectNode json = summary(lag);
        ArrayNode partitions = json.putArray("partitions");
        for (GroupLag.Partition partition : lag.partitions()) {
            partitions
                    .addObject()
                    .put("topic", partition.topic())
                    .put("partition", partition.partition())
                    .put("floor", partition.floor())
                    .put("stable_end", partition.stableEnd())
                    .put("lag", partition.events())
                    .put("behind_ms", partition.behind().toMillis())
                    .put("unanswered", partition.unanswered())
                    .put("parked", partition.parked())
                    .put("member", partition.member());
        }
        return json;
    }

    static ObjectNode summary(GroupLag lag) {
        return Wire.JSON
                .createObjectNode()
                .put("group", lag.group())
                .put("members", lag.members())
                .put("lag", lag.events())
                .put("behind_ms", lag.behind().toMillis())
                .put("trend_per_s", lag.trend());
    }

    static ObjectNode write(Groups.PositionChange change) {
        return Wire.JSON
                .createObjectNode()
                .put("topic", change.topic())
                .put("partition", change.partition())
                .put("from", change.from())
                .put("to", change.to());
    }
}
