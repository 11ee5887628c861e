package io.clusterdb.events.kafka;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.OpenTransaction;
import io.clusterdb.events.spi.TopicPartition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of Kafka's.
 *
 * <pre>
 *   OPEN → ENDING     commit or abort was called, or the time-out struck
 *   ENDING → ENDED    it is committed, or aborted as was asked for
 *   ENDING → FAILED   the commit was refused, and it was aborted: an abort is still welcome
 *   FAILED → ENDED    abort was called
 * </pre>
 */
final class KafkaTransaction implements LogTransaction {
    private final Transactions transactions;
    private final Catalog catalog;
    private final Transactions.Slot slot;
    private final TransactionalProducer producer;
    private final OpenTransaction begun;
    private final Map<TopicPartition, Long> held = new ConcurrentHashMap<>();
    private final long deadlineNanos;
    private State state = State.OPEN;
    private @Nullable String abortedBecause;

    private enum State {
        OPEN,
        ENDING,
        FAILED,
        ENDED
    }

    KafkaTransaction(Transactions transactions, Catalog catalog, Transactions.Slot slot) {
        this.transactions = transactions;
        this.catalog = catalog;
        this.slot = slot;
        this.producer = slot.producer();
        this.begun = new OpenTransaction(
                producer.id(), slot.owner(), transactions.environment().instant(), Map.of());
        this.deadlineNanos = transactions.environment().nanos() + slot.timeout().toNanos();
        producer.begin();
    }

    @Override
    public String id() {
        return begun.id();
    }

    OpenTransaction info() {
        return new OpenTransaction(begun.id(), begun.owner(), begun.begun(), new TreeMap<>(held));
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    @Override
    public synchronized CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
        if (state != State.OPEN) {
            throw ended();
        }
        ProducerRecord<byte[], byte[]> outgoing = Records.outgoing(catalog, record);
        List<ProducerRecord<byte[], byte[]>> alongside = outgoing(copies);
        CompletableFuture<Appended> answer = new CompletableFuture<>();
        try {
            producer.send(outgoing, (sent, failure) -> answer(answer, sent, failure));
            // One that fails makes Kafka refuse to commit.
            alongside.forEach(copy -> producer.send(copy, (sent, failure) -> held(sent)));
        } catch (KafkaException | IllegalStateException e) {
            throw failed(e);
        }
        return answer;
    }

    private void answer(CompletableFuture<Appended> answer, RecordMetadata sent, @Nullable Exception failure) {
        if (failure == null) {
            held(sent);
            answer.complete(new Appended(new TopicPartition(sent.topic(), sent.partition()), sent.offset()));
        } else {
            answer.completeExceptionally(failed(failure));
        }
    }

    private void held(@Nullable RecordMetadata sent) {
        if (sent != null && sent.hasOffset()) {
            held.merge(new TopicPartition(sent.topic(), sent.partition()), sent.offset(), Math::min);
        }
    }

    private EventsException failed(Exception failure) {
        return Failures.isFenced(failure)
                ? ConflictException.transactionEnded(id(), "the cluster has aborted it")
                : Failures.of("Transaction " + id() + " can't go on", failure);
    }

    @Override
    public CompletableFuture<Void> commit(List<NewRecord> records) {
        List<ProducerRecord<byte[], byte[]>> outgoing = outgoing(records);
        return end(() -> outgoing.forEach(producer::send));
    }

    @Override
    public CompletableFuture<Void> commit(LogMember member, Map<TopicPartition, Long> floors, List<NewRecord> records) {
        KafkaMember holder = (KafkaMember) member;
        Membership.Claim claim = holder.claim(floors.keySet());
        if (claim == null) {
            return CompletableFuture.failedFuture(holder.fenced(floors.keySet()));
        }
        List<ProducerRecord<byte[], byte[]>> outgoing = outgoing(records);
        return end(() -> {
            producer.sendOffsets(floors, holder.current(claim));
            outgoing.forEach(producer::send);
        });
    }

    private List<ProducerRecord<byte[], byte[]>> outgoing(List<NewRecord> records) {
        return records.stream().map(record -> Records.outgoing(catalog, record)).toList();
    }

    private CompletableFuture<Void> end(Runnable lastThings) {
        if (!leave(State.OPEN, State.ENDING)) {
            return CompletableFuture.failedFuture(ended());
        }
        return slot.calls()
                .call(() -> {
                    try {
                        lastThings.run();
                        producer.commit();
                    } catch (CommitFailedException e) {
                        producer.abort();
                        throw ConflictException.transactionEnded(
                                id(), "the member's group was rebalanced meanwhile: " + e.getMessage());
                    } catch (KafkaException | IllegalStateException e) {
                        producer.abort();
                        throw failed(e);
                    } catch (ConflictException e) {
                        producer.abort();
                        throw e;
                    }
                })
                .whenComplete((done, failure) -> {
                    leave(State.ENDING, failure == null ? State.ENDED : State.FAILED);
                    transactions.ended(this, slot);
                });
    }

    @Override
    public CompletableFuture<Void> abort() {
        if (leave(State.FAILED, State.ENDED)) {
            return CompletableFuture.completedFuture(null);
        }
        if (!leave(State.OPEN, State.ENDING)) {
            return CompletableFuture.failedFuture(ended());
        }
        return slot.calls().call(producer::abort).whenComplete((done, failure) -> {
            leave(State.ENDING, State.ENDED);
            transactions.ended(this, slot);
        });
    }

    void timeOut() {
        abort("it was open for more than " + slot.timeout().toMillis() + " ms and was aborted");
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

    private synchronized boolean leave(State from, State to) {
        boolean leaves = state == from;
        if (leaves) {
            state = to;
        }
        return leaves;
    }

    private synchronized ConflictException ended() {
        return ConflictException.transactionEnded(
                id(), abortedBecause == null ? "it was committed or aborted before" : abortedBecause);
    }
}
