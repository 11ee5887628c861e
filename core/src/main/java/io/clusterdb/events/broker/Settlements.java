package io.clusterdb.events.broker;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Transactions that wait for their turn to be committed together with the answers in them. Thread-safe. */
final class Settlements {
    private final ConcurrentLinkedQueue<Settlement> ready = new ConcurrentLinkedQueue<>();

    CompletableFuture<Void> add(Settlement settlement) {
        ready.add(settlement);
        return settlement.done();
    }

    /** The next one all of whose messages are still in hand; the others are refused. Called by the dispatcher only. */
    @Nullable
    Settlement next() {
        for (Settlement next = ready.poll(); next != null; next = ready.poll()) {
            if (next.apply()) {
                return next;
            }
        }
        return null;
    }

    void refuse(RuntimeException why) {
        for (Settlement next = ready.poll(); next != null; next = ready.poll()) {
            next.refuse(why);
        }
    }
}
