package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.View;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.testkit.Patience;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Projections by the command, in processes, beside the program that runs them and without it. */
class ProjectionsCommandTest extends CommandFixture {
    private final Patience patience = new Patience(Duration.ofSeconds(60));
    private volatile boolean mended;

    /** The sum of what was added, by aggregate. At 13 it fails, as long as the fault is there. */
    private Projection<Integer> sums() {
        return Projection.of("sums", Integer.class).on("Added", (event, context) -> {
            int added = event.data(Integer.class);
            if (added == 13 && !mended) {
                throw new IllegalArgumentException("not thirteen");
            }
            context.put(event.aggregateId(), context.get(event.aggregateId()).orElse(0) + added);
        });
    }

    private Events open() {
        return Events.open(EventBroker.named("owner").store(RocksDb.at(data())), EventStore.named("orders"));
    }

    private static void add(Events events, int... numbers) {
        for (int number : numbers) {
            events.storeEvent(DomainEvent.of("Sum", "s-" + number, 1, "Added", number));
        }
    }

    private JsonNode listed() {
        JsonNode all = events("store", "projections", "list", "-o", "json").json();
        assertThat(all).hasSize(1);
        assertThat(all.get(0).path("name").asString()).isEqualTo("sums");
        return all.get(0);
    }

    private void assertStopped() {
        JsonNode listed = listed();
        assertThat(listed.path("version").asInt()).isEqualTo(1);
        assertThat(listed.path("position").asLong()).isEqualTo(1);
        assertThat(listed.path("lag").asLong()).isEqualTo(2);
        assertThat(listed.path("failure").asString()).startsWith("event 2 (").contains("not thirteen");
        assertThat(events("store", "projections", "list").out()).containsPattern("sums +1 +1 +2 +0 +event 2 ");
    }

    private View<Integer> stopped(Events owner) {
        add(owner, 40, 13, 2);
        View<Integer> view = owner.store().projections().run(sums());
        patience.until("it stops", () -> view.status().failure() != null);
        return view;
    }

    @Test
    void beside_the_program_that_runs_one_it_does_what_it_is_told() throws IOException {
        try (Events owner = open()) {
            View<Integer> view = stopped(owner);
            assertStopped();

            Run wrong = events("store", "projections", "skip", "sums", "1");
            assertThat(wrong.exit()).isEqualTo(1);
            assertThat(wrong.err()).contains("found 1, allowed is 2 to 3");
            Run told = events("store", "projections", "skip", "sums", "2", "--store", "orders");
            assertThat(told.exit()).as(told.err()).isZero();
            patience.until("it goes on", () -> view.status().lag() == 0);
            assertThat(view.list()).containsOnlyKeys("s-40", "s-2");
            JsonNode skipped = events("store", "projections", "skipped", "sums", "-o", "json")
                    .json();
            assertThat(skipped).hasSize(1);
            assertThat(skipped.get(0).path("position").asLong()).isEqualTo(2);
            assertThat(skipped.get(0).path("event").asString()).contains("s-13");

            mended = true;
            assertThat(events("store", "projections", "rebuild", "sums").exit()).isZero();
            patience.until("it is built", () -> view.list().size() == 3);
            assertThat(listed().path("skipped").asInt()).isZero();

            Run unknown = events("store", "projections", "rebuild", "sms");
            assertThat(unknown.exit()).isEqualTo(1);
            assertThat(unknown.err()).contains("Unknown projection sms", "known are sums");
            String data = data().toString();
            Run completed = Run.events("__complete", "store", "projections", "skip", "--data", data, "");
            assertThat(completed.out().lines()).containsExactly("sums");
        }
    }

    @Test
    void without_a_program_one_is_told_what_it_does_when_it_runs() {
        try (Events owner = open()) {
            stopped(owner);
        }
        assertStopped();

        assertThat(events("store", "projections", "skip", "sums", "2", "-o", "yaml")
                        .out())
                .isEqualTo("name: sums\nposition: 2\n");
        assertThat(listed().has("failure")).isFalse();
        try (Events owner = open()) {
            View<Integer> view = owner.store().projections().run(sums());
            patience.until("it goes on", () -> view.status().lag() == 0);
            assertThat(view.list()).containsOnlyKeys("s-40", "s-2");
        }

        assertThat(events("store", "projections", "rebuild", "sums").exit()).isZero();
        assertThat(listed().path("building").asInt()).isEqualTo(1);
        assertThat(events("store", "projections", "rebuild", "sums").err()).contains("is being built");
        mended = true;
        try (Events owner = open()) {
            View<Integer> view = owner.store().projections().run(sums());
            patience.until("it is built", () -> view.status().building() == null);
            assertThat(view.list()).containsOnlyKeys("s-40", "s-13", "s-2");
        }
    }
}
