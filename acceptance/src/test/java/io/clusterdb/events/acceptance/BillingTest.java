package io.clusterdb.events.acceptance;

// snippet: junit
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.testkit.EventsExtension;
import io.clusterdb.events.testkit.TestClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BillingTest {
    @RegisterExtension
    final EventsExtension extension =
            EventsExtension.with(folder -> EventBroker.named("test").store(RocksDb.at(folder)));

    @Test
    void a_reminder_that_fails_for_hours_is_a_dead_letter(Events events, TestClock clock) {
        events.createTopic(Topic.named("reminders"));
        events.createConsumerGroup(ConsumerGroup.of("billing", "reminders"));
        RetryPolicy hourly = RetryPolicy.exponential(3, Duration.ofHours(1), Duration.ofHours(1), 1);
        events.subscribe(Subscription.of("billing").retry(hourly), message -> {
            throw new IllegalStateException("no mail server");
        });

        events.publish(
                "reminders",
                Event.of("order.unpaid", "o-17").deliverAt(clock.instant().plus(Duration.ofDays(14))));
        assertThat(events.schedules().list("reminders", null, 10)).hasSize(1);

        clock.pass(Duration.ofDays(14));
        clock.passUntil(
                "it is a dead letter",
                Duration.ofMinutes(10),
                () -> !events.deadLetters().list("billing", null, 0, 10).isEmpty());
        assertThat(events.deadLetters().list("billing", null, 0, 10).getFirst().attempts())
                .isEqualTo(3);
    }
}
// end
