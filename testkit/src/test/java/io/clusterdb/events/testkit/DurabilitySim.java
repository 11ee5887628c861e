package io.clusterdb.events.testkit;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DurabilitySim {
    private static final int SEEDS = Sweep.size(300, 5_000);

    @Test
    void what_is_acknowledged_is_there_once_and_in_order() {
        LongStream.range(0, SEEDS).forEach(DurabilitySim::run);
        Sweep.note("DurabilitySim", SEEDS + " seeds");
    }

    private static void run(long seed) {
        try {
            DurabilityRun.run(seed, 150);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }
}
