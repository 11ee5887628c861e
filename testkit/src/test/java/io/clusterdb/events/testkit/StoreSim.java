package io.clusterdb.events.testkit;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StoreSim {
    /** What every run goes through, and what therefore has to find the mutants. */
    static final int FEW_SEEDS = 300;

    static final int OPERATIONS = 60;

    private static final int SEEDS = Sweep.size(FEW_SEEDS, 5_000);

    @Test
    void what_is_stored_stays_and_what_is_made_of_it_adds_up() {
        LongStream.range(0, SEEDS).forEach(StoreSim::run);
        Sweep.note("StoreSim", SEEDS + " seeds");
    }

    private static void run(long seed) {
        try {
            StoreRun.run(seed, OPERATIONS);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }
}
