package io.clusterdb.events;

import org.jspecify.annotations.Nullable;

/**
 * How far a store is forwarded to a topic. A value.
 *
 * @param topic the one of {@link EventStore#forwardTo}, or {@code store:<name>} where groups of the broker have a store
 *     that is kept elsewhere
 * @param position of the last event that the topic has; 0 = none yet
 * @param behind events of the store that it does not have yet
 * @param failure why it does not go on, where this process forwards; null when it does, or another process forwards
 */
public record ForwardStatus(
        String store,
        String topic,
        long position,
        long behind,
        @Nullable String failure) {}
