package io.clusterdb.events.log;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import java.util.concurrent.CompletableFuture;

/** A change that is not an event, answered when it is durable. */
abstract class AdminWrite implements Committer.Write {
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    final CompletableFuture<Void> done() {
        return done;
    }

    @Override
    public void committed() {
        // Nothing in memory changes with it.
    }

    @Override
    public final void failed(EventsException why) {
        done.completeExceptionally(why);
    }

    @Override
    public final boolean wantsSync() {
        return true;
    }

    @Override
    public final void synced() {
        done.complete(null);
    }

    @Override
    public final void unknown(OutcomeUnknownException why) {
        failed(why);
    }
}
