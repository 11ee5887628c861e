package io.clusterdb.events;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Consumers that share the work of some topics: each event is handled by one of them. A value;
 * {@link Events#createConsumerGroup} makes it real.
 *
 * @param name as a topic's, of at most 234 characters
 * @param topics one or more
 */
public record ConsumerGroup(String name, Set<String> topics, ConsumerConfig config) {
    public ConsumerGroup {
        Topic.checkName(name);
        if (topics.isEmpty()) {
            throw RejectedException.invalid("consumer group " + name, "topics", "none", "one topic or more");
        }
        topics.forEach(Topic::checkTopic);
        topics = new TreeSet<>(topics);
    }

    public static ConsumerGroup of(String name, String... topics) {
        return new ConsumerGroup(name, new TreeSet<>(List.of(topics)), ConsumerConfig.defaults());
    }

    public ConsumerGroup config(ConsumerConfig settings) {
        return new ConsumerGroup(name, topics, settings);
    }

    public ConsumerGroup autoOffsetReset(AutoOffsetReset value) {
        return config(config.autoOffsetReset(value));
    }
}
