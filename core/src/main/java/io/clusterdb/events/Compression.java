package io.clusterdb.events;

/** How the records of a batch are compressed. Applied to whole batches, by the producer. */
public enum Compression {
    NONE,
    GZIP,
    SNAPPY,
    LZ4,
    ZSTD
}
