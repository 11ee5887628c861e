package io.clusterdb.events.acceptance;

// snippet: testing
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuickTest {
    @Test
    void a_failed_order_comes_again() {
        Simulation time = new Simulation(42); // one thread, a virtual clock, a seed
        List<Integer> attempts = new ArrayList<>();
        try (Events events = Events.open(time, EventBroker.named("test"))) {
            events.createTopic(Topic.named("orders"));
            events.createConsumerGroup(ConsumerGroup.of("billing", "orders"));
            events.subscribe(Subscription.of("billing"), message -> {
                attempts.add(message.attempt());
                throw new IllegalStateException("not yet");
            });

            events.publish("orders", Event.of("order.created"));
            time.pass(Duration.ofMinutes(1));

            assertThat(attempts).containsExactly(1, 2, 3);
            assertThat(events.deadLetters().list("billing", null, 0, 10)).hasSize(1);
        }
    }
}
// end
