package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.rocksdb.RocksDb;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Scheduled events by the command, in processes. */
class ScheduleCommandTest extends CommandFixture {
    @Test
    void events_are_scheduled_listed_shown_and_cancelled_also_beside_their_owner() {
        String lines = file("r.ndjson", """
                {"id": "a", "at": "2999-01-02T00:00:00Z"}
                {"id": "b", "at": "2999-01-01T00:00:00Z"}
                """);
        assertThat(events("topic", "create", "reminders").exit()).isZero();
        Instant before = Instant.now();
        Run published = events(
                "publish", "reminders", "--file", lines, "--type", "r", "--id", "data.id", "--deliver-at", "data.at");
        assertThat(published.exit()).as(published.err()).isZero();

        Run table = events("schedule", "list");
        assertThat(table.out().lines().skip(1))
                .satisfiesExactly(
                        first -> assertThat(first).contains("2999-01-01T00:00:00Z", "reminders", "b"),
                        second -> assertThat(second).contains("2999-01-02T00:00:00Z", "reminders", "a"));
        assertThat(events("schedule", "show", "b").out()).contains("deliver_at", "\"id\" : \"b\"");
        Run unknown = events("schedule", "show", "c");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.err()).contains("EV-2023");

        String other = file("other.ndjson", "{\"id\": \"c\"}\n");
        try (Events owner = Events.open(EventBroker.named("owner").store(RocksDb.at(data())))) {
            assertThat(events("publish", "reminders", "--file", other, "--id", "data.id", "--deliver-at", "in 2h")
                            .exit())
                    .isZero();
            assertThat(events("schedule", "cancel", "b").out()).contains("Event b is cancelled");
            Run again = events("schedule", "cancel", "b", "-o", "json");
            assertThat(again.exit()).isEqualTo(1);
            assertThat(again.json().path("cancelled").asBoolean()).isFalse();
            JsonNode left = events("schedule", "list", "--topic", "reminders", "-o", "json")
                    .json();
            assertThat(left).hasSize(2);
            assertThat(Instant.parse(left.get(0).path("deliver_at").asString()))
                    .isBetween(before.plus(Duration.ofHours(2)), Instant.now().plus(Duration.ofHours(2)));
            assertThat(owner.schedules().list("reminders", null, 10)).hasSize(2);
        }
    }

    @Test
    void time_that_is_none_is_refused() {
        String line = file("r.ndjson", "{\"at\": \"soon\"}\n");
        assertThat(events("topic", "create", "reminders").exit()).isZero();

        assertThat(events("publish", "reminders", "--file", line, "--deliver-at", "data.at")
                        .err())
                .contains("--deliver-at data.at is 'soon'");
        assertThat(events("publish", "reminders", "--file", line, "--deliver-at", "in a while")
                        .exit())
                .isNotZero();
        assertThat(events("publish", "reminders", "--file", line, "--deliver-at", "in x")
                        .err())
                .contains("--deliver-at", "x");
    }
}
