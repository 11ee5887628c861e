package io.clusterdb.events.broker;

import io.clusterdb.events.broker.Delivered.Answer;
import io.clusterdb.events.broker.Expirations.Expiration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a dispatcher writes down at once, and what may happen only when it is written. */
final class Step {
    final Map<Assigned, Delivery.Changes> changes = new LinkedHashMap<>();
    final List<List<Delivered>> runs = new ArrayList<>();
    final List<Answered> answers = new ArrayList<>();
    final Map<Expiration, Assigned> expirations = new LinkedHashMap<>();

    @Nullable
    Settlement settlement;

    /** An answer of a handler. Its future is null when nobody waits for it. */
    record Answered(
            Delivered message, Answer answer, @Nullable CompletableFuture<Void> done) {
        void confirm() {
            if (done != null) {
                done.complete(null);
            }
        }

        void fail(Throwable why) {
            if (done != null) {
                done.completeExceptionally(why);
            }
        }
    }

    boolean isEmpty() {
        return changes.isEmpty() && settlement == null;
    }

    /** Whether events of a partition, below an offset, are to be handed out that have failed before. */
    boolean holdsRetries(Assigned part, long below) {
        return runs.stream()
                .flatMap(List::stream)
                .anyMatch(m -> m.assigned() == part && m.entry().offset < below && m.attempt() > 1);
    }

    /** It is written: who waits for that is told. The runs are still to be given. */
    void written() {
        answers.forEach(Answered::confirm);
        expirations.keySet().forEach(e -> e.done().complete(null));
        if (settlement != null) {
            settlement.confirm();
        }
    }

    /** It could not be written: all of it but the transaction goes into the next step. */
    void into(Step next, Throwable why) {
        changes.forEach((part, changed) -> part.delivery().again(changed));
        next.runs.addAll(0, runs);
        next.answers.addAll(0, answers);
        next.expirations.putAll(expirations);
        if (settlement != null) {
            settlement.fail(why);
        }
    }

    /** It could not be written: who asked before something is deleted has to ask again. */
    void failExpirations(Throwable why) {
        expirations.keySet().forEach(e -> e.done().completeExceptionally(why));
        expirations.clear();
    }

    /**
     * Takes out what concerns partitions that are somebody else's by now.
     *
     * @return the answers that came too late
     */
    List<Answered> dropGone() {
        runs.removeIf(run -> run.get(0).assigned().isGone());
        expirations.entrySet().removeIf(asked -> {
            boolean gone = asked.getValue().isGone();
            if (gone) {
                asked.getKey().refuse();
            }
            return gone;
        });
        List<Answered> late = new ArrayList<>();
        answers.removeIf(answered -> {
            boolean gone = answered.message().assigned().isGone();
            if (gone) {
                late.add(answered);
            }
            return gone;
        });
        return late;
    }
}
