package io.clusterdb.events.log;

import io.clusterdb.events.Acks;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of an embedded log, as Kafka has it: its batches are in the log from the start, held back from committed
 * readers until a marker in each partition ends it.
 *
 * <pre>
 *   OPEN → ENDING     commit or abort was called; or the time-out struck (then it aborts)
 *   ENDING → ENDED    its markers are stored
 *   ENDING → OPEN     the storage had no space for them: commit may be called again, until the time is over
 * </pre>
 */
final class EmbeddedTransaction implements LogTransaction {
    /** As Kafka's {@code transaction.max.timeout.ms}: readers wait for so long at most. */
    static final Duration MAX_TIMEOUT = Duration.ofMinutes(15);

    /** Between two attempts to end what is open for too long. */
    private static final long OVERDUE_NANOS = Duration.ofSeconds(1).toNanos();

    private final EmbeddedLog log;
    private final EmbeddedWriter writer;
    private final OpenTransaction begun;
    private final Duration timeout;
    private final List<CompletableFuture<Appended>> appends = new ArrayList<>();
    /** What the timer has: it outlives most transactions, and is not to keep what they wrote. */
    private final AtomicReference<@Nullable EmbeddedTransaction> running = new AtomicReference<>(this);

    private State state = State.OPEN;
    private boolean overdue;
    private @Nullable String abortedBecause;

    private enum State {
        OPEN,
        ENDING,
        ENDED
    }

    EmbeddedTransaction(EmbeddedLog log, OpenTransaction begun, Duration timeout) {
        this.log = log;
        this.writer = new EmbeddedWriter(log, Producer.defaults().withAcks(Acks.LEADER), true);
        this.begun = begun;
        this.timeout = timeout;
        arm(timeout.toNanos());
    }

    private void arm(long nanos) {
        AtomicReference<@Nullable EmbeddedTransaction> timed = running;
        log.committer().at(log.environment().nanos() + nanos, () -> {
            EmbeddedTransaction late = timed.get();
            if (late != null) {
                late.timeOut();
            }
        });
    }

    @Override
    public String id() {
        return begun.id();
    }

    /** Whether it writes under that producer number. */
    boolean isOf(long producer) {
        return writer.isOf(producer);
    }

    OpenTransaction info() {
        return new OpenTransaction(begun.id(), begun.owner(), begun.begun(), writer.held());
    }

    @Override
    public CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
        requireOpen();
        // Not under the lock: it waits for the committer, which takes the lock when the time is over.
        EmbeddedWriter.Admitted admitted = writer.admit(record, copies);
        synchronized (this) {
            if (state == State.OPEN && !overdue) {
                CompletableFuture<Appended> append = writer.add(admitted);
                appends.add(append);
                return append;
            }
        }
        writer.release(admitted.bytes());
        throw ended();
    }

    private synchronized void requireOpen() {
        if (state != State.OPEN || overdue) {
            throw ended();
        }
    }

    @Override
    public CompletableFuture<Void> commit(List<NewRecord> records) {
        return end(new End(true, null, Set.of(), log.internalBatches(records)));
    }

    @Override
    public CompletableFuture<Void> commit(LogMember member, Map<TopicPartition, Long> floors, List<NewRecord> records) {
        return end(new End(true, (EmbeddedMember) member, Set.copyOf(floors.keySet()), log.internalBatches(records)));
    }

    @Override
    public CompletableFuture<Void> abort() {
        return end(new End(false, null, Set.of(), List.of()));
    }

    private CompletableFuture<Void> end(End end) {
        synchronized (this) {
            if (state != State.OPEN || (end.commits && overdue)) {
                return CompletableFuture.failedFuture(ended());
            }
            state = State.ENDING;
        }
        CompletableFuture<?> all = CompletableFuture.allOf(appends.toArray(new CompletableFuture<?>[0]));
        all.whenComplete((done, failure) -> {
            if (failure != null && end.commits) {
                end.failed(failure.getCause() instanceof EventsException e ? e : ended());
            } else {
                log.committer().offer(end);
            }
        });
        return end.done;
    }

    /** Where it is just ending, it is aborted if it does not come to its end. */
    private void timeOut() {
        synchronized (this) {
            overdue = true;
        }
        abort("its time was over");
    }

    /** Aborts it unless it is ending, with the reason that its owner is told. */
    CompletableFuture<Void> abort(String why) {
        synchronized (this) {
            if (state != State.OPEN) {
                return CompletableFuture.completedFuture(null);
            }
            abortedBecause = why;
        }
        return abort();
    }

    private ConflictException ended() {
        String why =
                overdue ? "it was open for more than " + timeout.toMillis() + " ms and was aborted" : abortedBecause;
        return ConflictException.transactionEnded(id(), why == null ? "it was committed or aborted before" : why);
    }

    /** The markers, and what is committed with them. */
    private final class End implements Committer.Write {
        private final boolean commits;
        private final @Nullable EmbeddedMember member;
        private final Set<TopicPartition> partitions;
        private final List<BatchWrite> batches;
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        End(
                boolean commits,
                @Nullable EmbeddedMember member,
                Set<TopicPartition> partitions,
                List<BatchWrite> batches) {
            this.commits = commits;
            this.member = member;
            this.partitions = partitions;
            this.batches = batches;
        }

        @Override
        public void prepare(Commit commit, List<PartitionLog> touched) {
            if (member != null) {
                member.fence(partitions);
            }
            batches.forEach(b -> b.check(touched));
            for (PartitionLog partition : writer.logs()) {
                EmbeddedWriter.Identity identity = writer.identity(commit);
                PartitionLog.Draft draft = partition.draft(touched);
                if (!draft.isDeleted() && draft.isOpen(identity.producer())) {
                    Markers.append(
                            commit, draft, identity, commits, log.environment().millis());
                }
            }
            batches.forEach(b -> b.prepare(commit, touched));
        }

        @Override
        public void committed() {
            end(State.ENDED);
            log.ended(EmbeddedTransaction.this);
            batches.forEach(BatchWrite::committed);
            if (!wantsSync()) {
                done.complete(null);
            }
        }

        /** As durable as an event published by itself, with the default acks, is. */
        @Override
        public boolean wantsSync() {
            return commits;
        }

        @Override
        public void synced() {
            done.complete(null);
        }

        @Override
        public void unknown(OutcomeUnknownException why) {
            done.completeExceptionally(why);
        }

        @Override
        public void failed(EventsException why) {
            end(State.OPEN);
            batches.forEach(b -> b.failed(why));
            done.completeExceptionally(why);
        }

        private void end(State next) {
            boolean again;
            synchronized (EmbeddedTransaction.this) {
                state = next;
                again = overdue && next == State.OPEN;
                if (next == State.ENDED) {
                    running.set(null);
                    appends.clear();
                }
            }
            if (again && !log.committer().isClosed()) {
                arm(OVERDUE_NANOS);
            }
        }

        /** What is aborted holds nothing up any more: readers go on, and so does what trims. */
        @Override
        public boolean makesRoom() {
            return !commits;
        }

        @Override
        public boolean claimRetry(long nowNanos) {
            return !commits;
        }
    }
}
