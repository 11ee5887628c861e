package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Lets parked keys flow again. When the mark behind a key's replayed dead letters comes up, whoever holds the key's
 * partition is asked; it looks for dead letters that have come meanwhile, and replays these first.
 */
final class Freeing {
    private final Broker broker;
    private final String group;
    private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();

    private record Request(TopicPartition partition, Bytes key) {}

    Freeing(Broker broker, String group) {
        this.broker = broker;
        this.group = group;
    }

    /** A mark has come up. */
    void ask(LogRecord mark) {
        Request request = new Request(DeadLetterRecord.origin(mark), mark.key() == null ? Bytes.EMPTY : mark.key());
        for (Dispatcher<?> member : broker.dispatchers()) {
            if (member.group().name().equals(group)) {
                member.freeing().requests.add(request);
                member.signal();
            }
        }
    }

    /**
     * Does what was asked for, as far as it concerns these partitions.
     *
     * @param isBusy whether something is being written: then it may be about the key
     */
    void work(Map<TopicPartition, Assigned> assigned, boolean isBusy) {
        for (int i = requests.size(); i > 0 && !isBusy; i--) {
            Request request = requests.remove();
            Assigned part = assigned.get(request.partition());
            if (part == null) {
                continue;
            }
            if (part.delivery().hasUnwrittenLetters()) {
                requests.add(request);
            } else if (!broker.office().replayMore(group, request.partition(), request.key())) {
                part.delivery().free(request.key());
            }
        }
    }
}
