package io.clusterdb.events;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A kind of aggregate: the state that its events add up to, as a plain fold. Immutable and thread-safe, as long as its
 * functions are functions of what they get and change nothing.
 *
 * <pre>{@code
 * static final AggregateType<Order> ORDER = AggregateType.of("Order", Order.class)
 *     .starts(OrderCreated.class, Order::created)
 *     .on(OrderPaid.class, Order::paid);
 * }</pre>
 *
 * <p>Events of types that are not named leave the state as it is.
 *
 * @param <T> the state
 */
public final class AggregateType<T> {
    private final String name;
    private final Class<T> state;
    private final @Nullable String foldVersion;
    private final Map<String, Start<?, T>> starts;
    private final Map<String, Step<?, T>> steps;

    /** Makes the first state. Serializable, so that its code can be told from another's; it is never serialized. */
    public interface First<E, T> extends Function<E, T>, Serializable {}

    /** Makes the next state. Serializable as {@link First}. */
    public interface Next<E, T> extends BiFunction<T, E, T>, Serializable {}

    /** How an event starts an aggregate. */
    private record Start<E, T>(Class<E> event, First<E, T> first) {
        T apply(DomainEvent stored) {
            return first.apply(stored.data(event));
        }
    }

    /** How an event changes an aggregate. */
    private record Step<E, T>(Class<E> event, Next<E, T> next) {
        T apply(T state, DomainEvent stored) {
            return next.apply(state, stored.data(event));
        }
    }

    private AggregateType(
            String name,
            Class<T> state,
            @Nullable String foldVersion,
            Map<String, Start<?, T>> starts,
            Map<String, Step<?, T>> steps) {
        this.name = name;
        this.state = state;
        this.foldVersion = foldVersion;
        this.starts = starts;
        this.steps = steps;
    }

    /** @param state a record or a class that JSON can be made of and back, for snapshots */
    public static <T> AggregateType<T> of(String name, Class<T> state) {
        Topic.checkName(name);
        return new AggregateType<>(name, state, null, Map.of(), Map.of());
    }

    /** The events that an aggregate begins with: those of the class's simple name. */
    public <E> AggregateType<T> starts(Class<E> event, First<E, T> first) {
        return starts(DomainEvent.typeOf(event), event, first);
    }

    public <E> AggregateType<T> starts(String eventType, Class<E> event, First<E, T> first) {
        Map<String, Start<?, T>> all = new LinkedHashMap<>(starts);
        if (all.put(eventType, new Start<>(event, first)) != null) {
            throw twice(eventType);
        }
        return new AggregateType<>(name, state, foldVersion, all, steps);
    }

    /** The events that change it: those of the class's simple name. */
    public <E> AggregateType<T> on(Class<E> event, Next<E, T> next) {
        return on(DomainEvent.typeOf(event), event, next);
    }

    public <E> AggregateType<T> on(String eventType, Class<E> event, Next<E, T> next) {
        Map<String, Step<?, T>> all = new LinkedHashMap<>(steps);
        if (all.put(eventType, new Step<>(event, next)) != null) {
            throw twice(eventType);
        }
        return new AggregateType<>(name, state, foldVersion, starts, all);
    }

    /**
     * Declares which fold this is. Snapshots are used by the fold version that made them; without one, the bytecode of
     * the functions decides, so that any change of their classes makes snapshots stale. Functions that have captured
     * other values than numbers, texts and constants of enums have snapshots with a fold version only.
     */
    public AggregateType<T> foldVersion(String version) {
        return new AggregateType<>(name, state, version, starts, steps);
    }

    private RejectedException twice(String eventType) {
        return RejectedException.invalid(
                "aggregate type " + name, "function", "a second one for " + eventType, "one for each type of events");
    }

    public String name() {
        return name;
    }

    /** The class of the state. */
    public Class<T> state() {
        return state;
    }

    /** Null when the bytecode decides. */
    public @Nullable String foldVersion() {
        return foldVersion;
    }

    /** The functions by the types of their events, those that start before those that change. Made for the store. */
    public Map<String, Serializable> functions() {
        Map<String, Serializable> all = new TreeMap<>();
        starts.forEach((type, start) -> all.put("starts " + type, start.first()));
        steps.forEach((type, step) -> all.put("on " + type, step.next()));
        return all;
    }

    /**
     * The state after one more event.
     *
     * @param before null = no state yet
     * @return null when the event starts nothing and nothing has started
     * @throws RejectedException naming the event when a function fails, or its data don't fit the function's class
     */
    public @Nullable T apply(@Nullable T before, DomainEvent event) {
        if (!event.aggregateType().equals(name)) {
            throw ConflictException.wrongAggregateType(event.aggregateId(), event.aggregateType(), name);
        }
        try {
            return before == null ? started(event) : changed(before, event);
        } catch (EventsException e) {
            if (e.code() == ErrorCode.FOLD_FAILED) {
                throw e;
            }
            throw RejectedException.foldFailed(event, e.problem().why(), e);
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            throw RejectedException.foldFailed(event, e.toString(), e);
        }
    }

    private @Nullable T started(DomainEvent event) {
        Start<?, T> start = starts.get(event.type());
        if (start == null) {
            if (steps.containsKey(event.type())) {
                throw RejectedException.foldFailed(
                        event, "nothing has started the aggregate; events that do are " + starts.keySet(), null);
            }
            return null;
        }
        return notNull(start.apply(event), event);
    }

    private T changed(T before, DomainEvent event) {
        Step<?, T> step = steps.get(event.type());
        if (step == null) {
            if (starts.containsKey(event.type())) {
                throw RejectedException.foldFailed(event, "the aggregate has started before", null);
            }
            return before;
        }
        return notNull(step.apply(before, event), event);
    }

    private static <T> T notNull(@Nullable T state, DomainEvent event) {
        if (state == null) {
            throw RejectedException.foldFailed(event, "its function returned null", null);
        }
        return state;
    }

    @Override
    public String toString() {
        return "aggregate type " + name;
    }
}
