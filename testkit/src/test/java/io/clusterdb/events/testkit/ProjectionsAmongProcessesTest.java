package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.View;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Duty;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Projections of one store in several processes, on a simulated clock. */
class ProjectionsAmongProcessesTest {
    private static final int EVENTS = 2_000;

    private final Simulation simulation = new Simulation(5);
    private final Shared shared = new Shared(Memory.create().open(EventStore.named("s"), DataCodec.NONE, simulation));
    private final Events writer = process();
    private final List<String> effects = new ArrayList<>();

    /** A store that stays open when a process ends. */
    private record Shared(StoreEngine engine) implements StoreBackend {
        @Override
        public String type() {
            return Memory.TYPE;
        }

        @Override
        public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
            Class<?>[] one = {StoreEngine.class};
            return (StoreEngine) Proxy.newProxyInstance(
                    StoreEngine.class.getClassLoader(), one, (proxy, method, args) -> {
                        try {
                            if (method.getName().equals("all")) { // others go on meanwhile
                                environment.await(new CompletableFuture<>(), Duration.ofMillis(1));
                            }
                            return method.getName().equals("close") ? null : method.invoke(engine, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }

    private Events process() {
        return Events.open(simulation, EventStore.named("s").store(shared));
    }

    @AfterEach
    void close() {
        writer.close();
    }

    private void store(int from, int to) {
        for (int n = from; n < to; n++) {
            writer.storeEvent(DomainEvent.of("Order", "o-" + n, 1, "OrderCreated", n));
        }
    }

    private Projection<Integer> numbers(int version) {
        return Projection.of("numbers", Integer.class).version(version).on("OrderCreated", (event, context) -> {
            int number = event.data(Integer.class);
            context.put("n-" + number, number);
            context.effect(() -> effects.add(version + ": " + number));
        });
    }

    @Test
    void what_a_slow_function_has_done_is_stored_while_it_goes_on() {
        store(0, 20);
        Events slow = process();
        View<Integer> view = slow.store()
                .projections()
                .run(Projection.of("slow", Integer.class).on("OrderCreated", (event, context) -> {
                    simulation.await(new CompletableFuture<>(), Duration.ofMillis(200));
                    context.put("last", event.data(Integer.class));
                }));

        simulation.pass(Duration.ofSeconds(2));
        assertThat(view.status().position()).isBetween(6L, 10L);
        assertThat(view.get("last"))
                .hasValueSatisfying(
                        last -> assertThat(last).isEqualTo((int) view.status().position() - 1));

        simulation.pass(Duration.ofSeconds(10));
        assertThat(view.status().position()).isEqualTo(20);
        assertThat(view.get("last")).hasValue(19);
        slow.close();
    }

    @Test
    void an_older_version_that_was_started_once_more_and_is_gone_does_not_stop_the_newer_one() {
        Events old = process();
        old.store().projections().run(numbers(1));
        store(0, 3);
        simulation.pass(Duration.ofSeconds(5));
        Events next = process();
        Events again = process();
        View<Integer> view = next.store().projections().run(numbers(2));
        again.store().projections().run(numbers(1));
        simulation.pass(Duration.ofSeconds(5));
        old.close();
        again.close();
        store(3, 6);

        simulation.pass(Duration.ofMinutes(1));
        assertThat(view.status().version()).as("it was declared last").isEqualTo(1);

        simulation.pass(Duration.ofMinutes(10));
        assertThat(view.status().version()).isEqualTo(2);
        assertThat(view.get("n-5")).hasValue(5);
        assertThat(effects).containsExactlyInAnyOrder("1: 0", "1: 1", "1: 2", "2: 3", "2: 4", "2: 5");
        next.close();
    }

    @Test
    void an_older_version_that_has_nothing_to_do_is_not_taken_for_gone() {
        Events next = process();
        View<Integer> view = next.store().projections().run(numbers(2));
        store(0, 3);
        simulation.pass(Duration.ofSeconds(5));
        Events again = process();
        again.store().projections().run(numbers(1));
        simulation.pass(Duration.ofHours(1));
        assertThat(view.status().version()).isEqualTo(1);

        store(3, 4);
        simulation.pass(Duration.ofHours(1));
        assertThat(view.status().version()).isEqualTo(1);
        assertThat(view.get("n-3")).hasValue(3);
        again.close();
        next.close();
    }

    @Test
    void effects_happen_once_while_two_processes_run_it_and_it_is_made_anew() {
        Events one = process();
        Events other = process();
        View<Integer> view = one.store().projections().run(numbers(1));
        other.store().projections().run(numbers(1));
        int[] stored = {0};
        simulation.start("writer", () -> {
            if (stored[0] == EVENTS) {
                return Duty.WHEN_WOKEN;
            }
            store(stored[0], ++stored[0]);
            return Duration.ofMillis(1).toNanos();
        });
        while (stored[0] < EVENTS) {
            if (view.status().building() == null) {
                one.store().projections().rebuild("numbers");
            }
            simulation.pass(Duration.ofMillis(30));
        }
        simulation.pass(Duration.ofMinutes(1));

        List<String> once = IntStream.range(0, EVENTS).mapToObj(n -> "1: " + n).toList();
        assertThat(view.get("n-" + (EVENTS - 1))).hasValue(EVENTS - 1);
        assertThat(effects).containsExactlyInAnyOrderElementsOf(once);
        one.close();
        other.close();
    }
}
