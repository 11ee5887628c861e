package io.clusterdb.events.testkit;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DeliverySim {
    private static final int SEEDS = Boolean.getBoolean("events.full") ? 20_000 : 200;

    @Test
    void nothing_acked_comes_back_nothing_unacked_is_lost() {
        LongStream.range(0, SEEDS).forEach(DeliverySim::run);
    }

    private static void run(long seed) {
        try {
            DeliveryRun.run(seed, 150);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }
}
