package io.clusterdb.events.spi;

import java.util.Optional;

/**
 * What a partition holds, as offsets.
 *
 * @param start of the first record that is kept
 * @param stableEnd the last stable offset: nothing below it can still change. What committed readers see ends here
 * @param end of the log: the offset that the next record gets
 * @param heldBy the transaction that keeps {@code stableEnd} below {@code end}
 * @param bytes stored
 */
public record Bounds(long start, long stableEnd, long end, Optional<OpenTransaction> heldBy, long bytes) {}
