package io.clusterdb.events;

import java.util.OptionalLong;

/**
 * Where an event went.
 *
 * @param partition −1 for an event that is held until its {@link Event#deliverAt}
 * @param offset its position in the partition; empty with {@link Acks#NONE}, and for an event that is held
 * @param id the event's, made by publish when it had none
 */
public record Published(String topic, int partition, OptionalLong offset, String id) {}
