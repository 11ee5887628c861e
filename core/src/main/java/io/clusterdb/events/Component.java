package io.clusterdb.events;

/** A part that an {@link Events} can be opened with. */
public sealed interface Component permits EventBroker, EventStore, Upcaster {}
