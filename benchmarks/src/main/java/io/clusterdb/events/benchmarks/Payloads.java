package io.clusterdb.events.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;

/** What is published, the same on every side: a JSON text of the size wanted, a key of ten thousand, and metadata. */
final class Payloads {
    static final String TYPE = "order.created";
    static final String SOURCE = "benchmark";
    static final Map<String, String> METADATA = Map.of("version", "1.0", "correlation_id", "order-123");

    /** The size in bytes of all that an event of these has beside its data: its key, and its headers in a record. */
    static final int OVERHEAD = 230;

    private static final int KEYS = 10_000;
    private static final int TEXTS = 64;

    private final byte[][] texts = new byte[TEXTS][];

    Payloads(int size) {
        Random random = new Random(1);
        for (int n = 0; n < TEXTS; n++) {
            texts[n] = text(size, random);
        }
    }

    private static byte[] text(int size, Random random) {
        StringBuilder text = new StringBuilder(size).append("{\"note\":\"");
        while (text.length() < size - 2) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.append("\"}").toString().getBytes(StandardCharsets.US_ASCII);
    }

    byte[] data(int n) {
        return texts[n % TEXTS];
    }

    static String key(int n) {
        return "customer-" + n % KEYS;
    }
}
