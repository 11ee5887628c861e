package io.clusterdb.events.broker;

import io.clusterdb.events.spi.LogTransaction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A transaction that is ready to be committed, with the messages that it answers. */
final class Settlement {
    private final LogTransaction transaction;
    private final List<Delivered> messages;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    Settlement(LogTransaction transaction, List<Delivered> messages) {
        this.transaction = transaction;
        this.messages = messages;
    }

    LogTransaction transaction() {
        return transaction;
    }

    CompletableFuture<Void> done() {
        return done;
    }

    /** Has the answers written down with the next changes; false, and failed, when one of the leases is over. */
    boolean apply() {
        List<Delivered> settling = new ArrayList<>();
        for (Delivered message : messages) {
            boolean held = !message.assigned().isGone()
                    && message.assigned().delivery().settling(message.entry(), message.token());
            if (!held) {
                undo(settling);
                done.completeExceptionally(message.leaseLost());
                return false;
            }
            settling.add(message);
        }
        return true;
    }

    /** The transaction is committed. */
    void confirm() {
        messages.forEach(m -> m.assigned().delivery().done(m.entry(), m.token()));
        done.complete(null);
    }

    /** The transaction is not committed. */
    void fail(Throwable why) {
        undo(messages);
        done.completeExceptionally(why);
    }

    /** It was never applied. */
    void refuse(Throwable why) {
        done.completeExceptionally(why);
    }

    private static void undo(List<Delivered> settling) {
        settling.forEach(m -> m.assigned().delivery().unsettled(m.entry()));
    }
}
