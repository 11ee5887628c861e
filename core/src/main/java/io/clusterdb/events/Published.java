package io.clusterdb.events;

import java.util.OptionalLong;

/**
 * Where an event went.
 *
 * @param offset its position in the partition; empty with {@link Acks#NONE}
 * @param id the event's, made by publish when it had none
 */
public record Published(String topic, int partition, OptionalLong offset, String id) {}
