package io.clusterdb.events.log;

import io.clusterdb.events.spi.Bytes;

/** Which partition a key belongs to: Kafka's murmur2 (Austin Appleby's MurmurHash2 with seed 0x9747b28c). */
final class Partitioner {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private Partitioner() {}

    static int partition(Bytes key, int partitions) {
        return (murmur2(key) & 0x7fffffff) % partitions;
    }

    static int murmur2(Bytes key) {
        byte[] data = key.array();
        int length = key.length();
        int end = key.offset() + (length & ~3);
        int h = SEED ^ length;
        for (int i = key.offset(); i < end; i += 4) {
            int k = (data[i] & 0xff) | (data[i + 1] & 0xff) << 8 | (data[i + 2] & 0xff) << 16 | data[i + 3] << 24;
            k *= M;
            k ^= k >>> R;
            k *= M;
            h = h * M ^ k;
        }
        int rest = length & 3;
        if (rest > 0) {
            for (int i = rest - 1; i >= 0; i--) {
                h ^= (data[end + i] & 0xff) << (8 * i);
            }
            h *= M;
        }
        h ^= h >>> 13;
        h *= M;
        return h ^ h >>> 15;
    }
}
