package io.clusterdb.events.testkit;

import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.Events;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A topic and a group of a test's own, on an engine. */
abstract class GroupFixture {
    static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));
    static final Duration SOON = Duration.ofSeconds(30);
    static final Duration A_MOMENT = Duration.ofMillis(100);
    private static final RetryPolicy QUICK =
            RetryPolicy.exponential(3, Duration.ofMillis(20), Duration.ofMillis(50), 2);

    @TempDir
    protected Path home;

    protected Events events;
    String topic;
    String group;

    /** What filters look at. */
    public record Order(String id, double total) {}

    /** Opens the front door on the engine; called again on the same folder where a test reopens. */
    protected abstract Events open(Path home);

    /** How long anything may take. */
    protected Duration budget() {
        return SOON;
    }

    @BeforeEach
    final void openEvents() {
        topic = "orders-" + UUID.randomUUID();
        group = "processor-" + UUID.randomUUID();
        events = open(home);
    }

    @AfterEach
    final void closeEvents() {
        events.close();
    }

    final void topic(int partitions) {
        events.createTopic(Topic.named(topic).partitions(partitions));
    }

    final void topicAndGroup(int partitions) {
        topic(partitions);
        events.createConsumerGroup(ConsumerGroup.of(group, topic));
    }

    final void publish(int from, int to) {
        for (int i = from; i < to; i++) {
            events.publish(topic, Event.of("n", i));
        }
    }

    final Subscription subscription() {
        return Subscription.of(group, topic).retry(QUICK);
    }

    static int number(Message message) {
        return message.data(Integer.class);
    }

    final Message take(Consumer consumer) {
        return consumer.next(budget()).orElseThrow(() -> new AssertionError("nothing came"));
    }

    final GroupLag lag() {
        return events.groups().lag(group);
    }

    final List<DeadLetter> deadLetters() {
        return events.deadLetters().list(group, null, 0, 1_000);
    }
}
