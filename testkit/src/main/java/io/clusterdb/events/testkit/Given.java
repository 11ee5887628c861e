package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A test of what an aggregate decides: given these events, when this is asked of it, then these events follow.
 *
 * <pre>{@code
 * Given.events(ORDER, new OrderCreated("c-1", 100))
 *     .when(order -> order.pay(100))
 *     .then(new OrderPaid(100));
 * }</pre>
 *
 * <p>It runs in a store in memory, so the events go through JSON, schemas and folds as they do in production. Immutable.
 *
 * @param <T> the aggregate's state
 */
public final class Given<T> {
    private static final String ID = "aggregate-under-test";

    private final EventStore store;
    private final AggregateType<T> type;
    private final List<Object> before;

    /** What is asked of an aggregate: from its state, null when it has not begun, to an event or a collection of some. */
    @FunctionalInterface
    public interface Decision<T> {
        @Nullable
        Object of(@Nullable T state);
    }

    private Given(EventStore store, AggregateType<T> type, List<Object> before) {
        this.store = store;
        this.type = type;
        this.before = before;
    }

    /** An aggregate to which this has happened. */
    public static <T> Given<T> events(AggregateType<T> type, Object... events) {
        return new Given<>(EventStore.named("given"), type, List.of(events));
    }

    /** An aggregate that has not begun. */
    public static <T> Given<T> nothing(AggregateType<T> type) {
        return events(type);
    }

    /** With the schemas of that store. */
    public Given<T> in(EventStore config) {
        return new Given<>(config, type, before);
    }

    /** @param decision what is tested; what it throws is caught */
    public Outcome<T> when(Decision<T> decision) {
        List<DomainEvent> after = new ArrayList<>();
        List<T> state = new ArrayList<>();
        Throwable failure = catchThrowable(() -> run(decision, after, state));
        return new Outcome<>(after, state.isEmpty() ? null : state.get(0), failure);
    }

    private void run(Decision<T> decision, List<DomainEvent> after, List<T> state) {
        try (Events events = Events.open(store)) {
            append(events, before);
            T known = before.isEmpty() ? null : events.loadAggregate(type, ID).state();
            append(events, decided(decision.of(known)));
            List<DomainEvent> all = events.getEvents(ID);
            after.addAll(all.subList(before.size(), all.size()));
            if (!all.isEmpty()) {
                Aggregate<T> loaded = events.loadAggregate(type, ID);
                state.add(loaded.state());
            }
        }
    }

    private static List<Object> decided(@Nullable Object answer) {
        if (answer == null) {
            return List.of();
        }
        return answer instanceof Collection<?> several ? new ArrayList<>(several) : List.of(answer);
    }

    private void append(Events events, List<Object> data) {
        if (!data.isEmpty()) {
            events.storeEvents(data.stream()
                    .map(each -> DomainEvent.of(type.name(), ID, 0, each))
                    .toList());
        }
    }

    /**
     * What came of it. Each method fails the test when it is otherwise.
     *
     * @param events that followed
     * @param state afterwards; null when the aggregate has not begun
     * @param failure what was thrown; null = nothing
     */
    public record Outcome<T>(
            List<DomainEvent> events,
            @Nullable T state,
            @Nullable Throwable failure) {
        /** These events followed, in this order, and no others; none given = none followed. */
        public Outcome<T> then(Object... expected) {
            requireSuccess();
            List<Object> found = new ArrayList<>();
            for (int i = 0; i < events.size(); i++) {
                found.add(i < expected.length ? events.get(i).data(expected[i].getClass()) : events.get(i));
            }
            assertThat(found).as("events that follow").containsExactly(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat(events.get(i).type())
                        .isEqualTo(expected[i].getClass().getSimpleName());
            }
            return this;
        }

        /** The state is then as expected. */
        public Outcome<T> thenState(T expected) {
            requireSuccess();
            assertThat(state).as("state afterwards").isEqualTo(expected);
            return this;
        }

        /** It was refused with an exception of that type, and nothing followed. */
        public Outcome<T> thenThrows(Class<? extends Throwable> expected) {
            assertThat(failure).as("what was thrown").isInstanceOf(expected);
            assertThat(events).as("events that follow").isEmpty();
            return this;
        }

        private void requireSuccess() {
            if (failure != null) {
                throw new AssertionError("it was refused: " + failure, failure);
            }
        }
    }
}
