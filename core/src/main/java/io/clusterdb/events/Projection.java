package io.clusterdb.events;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the events of a store add up to documents, each under its key: a view that can be asked. Immutable and thread-safe,
 * as long as its functions are functions of what they get.
 *
 * <pre>{@code
 * Projection.of("customers", Customer.class)
 *     .on(OrderCreated.class, OrderCreated::customerId, Customer::ordered)
 *     .on(OrderPaid.class, OrderPaid::customerId, Customer::paid);
 * }</pre>
 *
 * <p>To change what it does, give it a higher version: it is then built anew beside the old one, which answers until the
 * new one has come as far.
 *
 * @param <D> the documents: a record or a class that JSON can be made of and back
 */
public final class Projection<D> {
    private final String name;
    private final Class<D> document;
    private final int version;
    private final boolean inline;
    private final Steps<D> steps;

    /** The key of the document that an event changes; null = none. */
    @FunctionalInterface
    public interface Key<E> {
        @Nullable
        String of(E event);
    }

    /** What an event makes of a document; from null when there is none yet, to null when there is to be none. */
    @FunctionalInterface
    public interface Change<E, D> {
        @Nullable
        D apply(@Nullable D before, E event);
    }

    /** Handles an event as it likes. What it throws makes the event fail. */
    @FunctionalInterface
    public interface Step<D> {
        void handle(DomainEvent event, ProjectionContext<D> context) throws Exception;
    }

    /** @param others for types that are not named; null = these are not handled */
    private record Steps<D>(
            Map<String, Step<D>> byType, @Nullable Step<D> others) {}

    private Projection(String name, Class<D> document, int version, boolean inline, Steps<D> steps) {
        this.name = name;
        this.document = document;
        this.version = version;
        this.inline = inline;
        this.steps = steps;
    }

    /** A projection of version 1. */
    public static <D> Projection<D> of(String name, Class<D> document) {
        Topic.checkName(name);
        return new Projection<>(name, document, 1, false, new Steps<>(Map.of(), null));
    }

    /** @param number 1 or more */
    public Projection<D> version(int number) {
        if (number < 1) {
            throw RejectedException.invalid("projection " + name, "version", number, "1 or more");
        }
        return new Projection<>(name, document, number, inline, steps);
    }

    /**
     * Its documents change in the very write that stores an event, from when it has caught up with what was there: they are
     * never behind, and an event that it fails at is not stored. Each append does its work, and appends that change one
     * document wait for each other.
     */
    public Projection<D> inline() {
        return new Projection<>(name, document, version, true, steps);
    }

    /** Events of the class's simple name change the document of a key. */
    public <E> Projection<D> on(Class<E> event, Key<E> key, Change<E, D> change) {
        return on(DomainEvent.typeOf(event), (stored, context) -> {
            E data = stored.data(event);
            String found = key.of(data);
            if (found == null) {
                return;
            }
            D after = change.apply(context.get(found).orElse(null), data);
            if (after == null) {
                context.delete(found);
            } else {
                context.put(found, after);
            }
        });
    }

    /** Events of a type are handled. */
    public Projection<D> on(String eventType, Step<D> step) {
        Map<String, Step<D>> all = new LinkedHashMap<>(steps.byType);
        if (all.put(eventType, step) != null) {
            throw RejectedException.invalid(
                    "projection " + name, "function", "a second one for " + eventType, "one for each type of events");
        }
        return new Projection<>(name, document, version, inline, new Steps<>(all, steps.others));
    }

    /** Events of all types that are not named are handled. */
    public Projection<D> onOthers(Step<D> step) {
        return new Projection<>(name, document, version, inline, new Steps<>(steps.byType, step));
    }

    public String name() {
        return name;
    }

    public int version() {
        return version;
    }

    public boolean isInline() {
        return inline;
    }

    /** The class of its documents. */
    public Class<D> document() {
        return document;
    }

    /** The types of events that it handles; empty = all. */
    public Set<String> eventTypes() {
        return steps.others == null ? steps.byType.keySet() : Set.of();
    }

    /**
     * Handles an event; nothing happens when no function is for it. Made for the store.
     *
     * @throws Exception what the function throws
     */
    public void handle(DomainEvent event, ProjectionContext<D> context) throws Exception {
        Step<D> step = steps.byType.getOrDefault(event.type(), steps.others);
        if (step != null) {
            step.handle(event, context);
        }
    }
}
