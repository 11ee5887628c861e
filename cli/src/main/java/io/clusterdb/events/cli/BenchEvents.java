package io.clusterdb.events.cli;

import io.clusterdb.events.Event;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * The events of a benchmark, each with an id, a key and metadata of its own and bytes that compress to about a half; and
 * a check of what came back: each of them once, and every byte by its checksum. Thread-safe.
 */
final class BenchEvents {
    private static final String CHECKSUM = "crc32c";
    private static final String PREFIX = "bench-";
    private static final int POOL = 1 << 20;

    private final int size;
    private final byte[] pool;
    private final BitSet seen = new BitSet();
    private long duplicated;
    private long damaged;

    /** @param size of the data of each */
    BenchEvents(int size) {
        this.size = size;
        this.pool = new byte[POOL + size];
        Random random = new Random(size);
        for (int i = 0; i < pool.length; i++) {
            pool[i] = (byte) "0123456789abcdef".charAt(random.nextInt(16));
        }
    }

    /** The event of a number, from 0. */
    Event event(long number) {
        byte[] data = new byte[size];
        System.arraycopy(pool, (int) (number * 61 % POOL), data, 0, size);
        if (size >= Long.BYTES) {
            ByteBuffer.wrap(data).putLong(number);
        }
        return Event.of("bench", data)
                .withId(PREFIX + number)
                .withKey("key-" + number)
                .withMetadata(Map.of(CHECKSUM, checksum(data)));
    }

    private static String checksum(byte[] data) {
        CRC32C checksum = new CRC32C();
        checksum.update(data);
        return Long.toHexString(checksum.getValue());
    }

    /** Checks one that came back. */
    void take(Event event) {
        byte[] data = event.bytes();
        boolean whole =
                data.length == size && checksum(data).equals(event.metadata().get(CHECKSUM));
        String id = String.valueOf(event.id());
        int number = Integer.parseInt(id, PREFIX.length(), id.length(), 10);
        synchronized (seen) {
            damaged += whole ? 0 : 1;
            duplicated += seen.get(number) ? 1 : 0;
            seen.set(number);
        }
    }

    /** How many different ones came back. */
    long count() {
        synchronized (seen) {
            return seen.cardinality();
        }
    }

    /**
     * What is wrong with all that came back; empty when nothing is.
     *
     * @param expected numbers from 0 to below this
     */
    String faults(long expected) {
        synchronized (seen) {
            long lost = expected - seen.cardinality();
            return lost == 0 && duplicated == 0 && damaged == 0
                    ? ""
                    : lost + " lost, " + duplicated + " duplicated, " + damaged + " damaged";
        }
    }
}
