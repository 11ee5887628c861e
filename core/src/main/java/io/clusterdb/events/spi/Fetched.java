package io.clusterdb.events.spi;

import java.util.List;

/**
 * Records read from one partition.
 *
 * @param next the offset to go on from. It may be further than the last record: what lies between is not there any
 *     more or not to be seen (markers, aborted transactions, compacted records)
 */
public record Fetched(TopicPartition partition, List<LogRecord> records, long next) {}
