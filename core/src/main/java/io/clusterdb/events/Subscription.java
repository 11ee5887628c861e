package io.clusterdb.events;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a member of a consumer group wants, and how it handles it.
 *
 * @param topics of the group's; empty = all of them
 * @param filter null = every event. What it leaves out counts as answered
 */
public record Subscription(
        String group, Set<String> topics, @Nullable Filter filter, Processor processor) {
    public Subscription {
        topics = new TreeSet<>(topics);
    }

    public static Subscription of(String group, String... topics) {
        return new Subscription(group, new TreeSet<>(List.of(topics)), null, Processor.DEFAULT);
    }

    public Subscription filter(String expression) {
        return filter(Filter.expression(expression));
    }

    public Subscription filter(Filter value) {
        return new Subscription(group, topics, value, processor);
    }

    public Subscription processor(Processor value) {
        return new Subscription(group, topics, filter, value);
    }

    /** See {@link Processor#concurrency}; so with the methods below. */
    public Subscription concurrency(int value) {
        return processor(processor.concurrency(value));
    }

    public Subscription batchSize(int value) {
        return processor(processor.batchSize(value));
    }

    public Subscription timeout(Duration value) {
        return processor(processor.timeout(value));
    }

    public Subscription retry(RetryPolicy value) {
        return processor(processor.retry(value));
    }

    public Subscription ordering(Ordering value) {
        return processor(processor.ordering(value));
    }

    public Subscription deadLetters(String topic) {
        return processor(processor.deadLetters(topic));
    }
}
