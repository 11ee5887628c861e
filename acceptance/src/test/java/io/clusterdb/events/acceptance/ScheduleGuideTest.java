package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Published;
import io.clusterdb.events.Scheduled;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of the guide about scheduled events. */
class ScheduleGuideTest {
    @TempDir
    private Path home;

    @Test
    void scheduled_events() {
        try (Events events = Events.open(EventBroker.named("shop").store(RocksDb.at(home)))) {
            events.createTopic(Topic.named("reminders"));
            // snippet: schedules
            Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
            Published held = events.publish(
                    "reminders",
                    Event.of("cart.abandoned", Map.of("cart", "c-17")).deliverAt(tomorrow));

            for (Scheduled next : events.schedules().list("reminders", null, 100)) {
                System.out.println(next.deliverAt() + " " + next.event().type());
            }
            boolean inTime = events.schedules().cancel(held.id());
            // end

            assertThat(held.offset()).isEmpty();
            assertThat(inTime).isTrue();
            assertThat(events.schedules().list(null, null, 10)).isEqualTo(List.of());
        }
    }
}
