package io.clusterdb.events.testkit;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DeliverySim {
    /** What every run goes through, and what therefore has to find the mutants. */
    static final int FEW_SEEDS = 400;

    private static final int SEEDS = Sweep.size(FEW_SEEDS, 2_000);

    @Test
    void nothing_acked_comes_back_nothing_unacked_is_lost() {
        LongStream.range(0, SEEDS).parallel().forEach(DeliverySim::run);
        Sweep.note("DeliverySim", SEEDS + " seeds");
    }

    private static void run(long seed) {
        try {
            DeliveryRun.run(seed, 150);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }
}
