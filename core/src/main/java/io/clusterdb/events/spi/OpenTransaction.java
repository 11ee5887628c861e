package io.clusterdb.events.spi;

import java.time.Instant;
import java.util.Map;

/**
 * A transaction that is neither committed nor aborted.
 *
 * @param id that its events can be traced by
 * @param owner who began it
 * @param held by partition it has written to, the offset of its first record there; −1 where that is not known
 */
public record OpenTransaction(String id, String owner, Instant begun, Map<TopicPartition, Long> held) {}
