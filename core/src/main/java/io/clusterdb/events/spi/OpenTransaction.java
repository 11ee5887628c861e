package io.clusterdb.events.spi;

import java.time.Instant;

/**
 * A transaction that is neither committed nor aborted.
 *
 * @param id that its events can be traced by
 * @param owner who began it
 */
public record OpenTransaction(String id, String owner, Instant begun) {}
