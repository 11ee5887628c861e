package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Topic;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Scheduled events of a cluster that several have open: one of them delivers, whoever scheduled. */
class KafkaScheduleIT {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));

    private final String topic = "later-" + UUID.randomUUID();

    private static Events open() {
        return Events.open(
                EventBroker.named("several").store(Kafka.at(KafkaNode.shared().address())));
    }

    private String schedule(Events events, int n, Instant due) {
        return events.publish(topic, Event.of("n", n).deliverAt(due)).id();
    }

    private List<Integer> delivered(Events events) {
        List<Integer> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(100))
                        .ifPresent(stored -> all.add(stored.event().data(Integer.class)));
            }
        }
        return all;
    }

    @Test
    void each_is_delivered_once_while_those_who_deliver_come_and_go() {
        List<Integer> all = IntStream.range(0, 120).boxed().toList();
        try (Events stays = open()) {
            stays.createTopic(Topic.named(topic));
            Events first = open();
            Instant begin = Instant.now().plusSeconds(6);
            for (int n : all) {
                schedule(n % 2 == 0 ? first : stays, n, begin.plusMillis(50L * n));
            }
            PATIENCE.until("some are delivered", () -> delivered(stays).size() > 10);
            first.close();
            try (Events second = open()) {
                PATIENCE.until("more are delivered", () -> delivered(second).size() > 60);
            }
            PATIENCE.until("all are delivered", () -> delivered(stays).size() >= all.size());

            assertThat(delivered(stays)).containsExactlyElementsOf(all);
            assertThat(stays.schedules().list(topic, null, 10)).isEmpty();
        }
    }

    @Test
    void anybody_can_cancel() {
        Instant due = Instant.now().plus(Duration.ofDays(10));
        try (Events one = open();
                Events other = open()) {
            one.createTopic(Topic.named(topic));
            String first = schedule(one, 1, due);
            String second = schedule(other, 2, due);

            assertThat(one.schedules().list(topic, null, 10)).hasSize(2);
            assertThat(other.schedules().cancel(first)).isTrue();
            assertThat(one.schedules().cancel(first)).isFalse();
            assertThat(one.schedules().cancel(second)).isTrue();
            assertThat(other.schedules().list(topic, null, 10)).isEmpty();
        }
    }
}
