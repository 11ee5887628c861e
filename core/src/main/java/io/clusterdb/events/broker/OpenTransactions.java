package io.clusterdb.events.broker;

import io.clusterdb.events.Event;
import io.clusterdb.events.Message;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.Transaction;
import io.clusterdb.events.TransactionBody;
import io.clusterdb.events.broker.Deduplication.IdsOfTransaction;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter;
import io.clusterdb.events.spi.NewRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs what a user does in a transaction, and commits it: events and answers in one step. */
final class OpenTransactions {
    private static final Logger LOG = LoggerFactory.getLogger(OpenTransactions.class);

    private final Broker broker;

    OpenTransactions(Broker broker) {
        this.broker = broker;
    }

    void run(TransactionBody body) {
        LogTransaction log = broker.engine().begin(broker.application(), Broker.TRANSACTION_TIMEOUT);
        Block block = new Block(log);
        try {
            body.run(block);
        } catch (Throwable thrown) {
            block.over = true;
            block.messages.forEach(Delivered::unclaim);
            broker.environment().await(log.abort().exceptionally(failure -> {
                LOG.warn("A transaction can't be aborted now; it is when its time is over", failure);
                return null;
            }));
            block.ids.decide(false);
            throw unchecked(thrown);
        }
        block.over = true;
        block.commit();
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException unchecked ? unchecked : new TransactionFailure(thrown);
    }

    /** A checked exception of a user's, which aborted the transaction. */
    static final class TransactionFailure extends RuntimeException {
        TransactionFailure(Throwable cause) {
            super("the transaction was aborted: " + cause.getMessage(), cause);
        }
    }

    private final class Block implements Transaction {
        private final LogTransaction log;
        private final List<Delivered> messages = new ArrayList<>();
        private final IdsOfTransaction ids = new IdsOfTransaction();
        private final Publishing.Destination destination;
        private final List<NewRecord> held = new ArrayList<>();
        private boolean over;

        Block(LogTransaction log) {
            this.log = log;
            this.destination = new Publishing.Destination(log::append, true, ids);
        }

        @Override
        public Published publish(String topic, Event event) {
            String id = broker.idOf(event);
            return Broker.published(broker.environment().await(append(topic, event, id)), id);
        }

        @Override
        public CompletableFuture<Published> publishAsync(String topic, Event event) {
            String id = broker.idOf(event);
            return broker.answer(append(topic, event, id), id);
        }

        /** An event that is held is written last: a transaction that stays open is not to hold up what others schedule. */
        private CompletableFuture<LogWriter.Appended> append(String topic, Event event, String id) {
            check();
            Topic known = broker.known(topic);
            if (broker.scheduleRegistry().isDueLater(event)) {
                held.add(broker.scheduleRegistry().record(known, event, id));
                return CompletableFuture.completedFuture(ScheduleDelivery.held(topic));
            }
            return broker.publishing().append(known, event, id, destination);
        }

        @Override
        public void commit(Message message) {
            check();
            Delivered delivered = (Delivered) message;
            if (!messages.isEmpty() && messages.get(0).dispatcher() != delivered.dispatcher()) {
                throw RejectedException.invalid("transaction", "message", message, "messages of one subscription");
            }
            if (!delivered.claimed()) {
                throw delivered.leaseLost();
            }
            messages.add(delivered);
        }

        private void check() {
            if (over) {
                throw RejectedException.closed("The transaction");
            }
        }

        private void commit() {
            try {
                held.forEach(log::append);
                if (messages.isEmpty()) {
                    broker.environment().await(log.commit());
                } else {
                    Dispatcher<?> dispatcher = messages.get(0).dispatcher();
                    broker.environment().await(dispatcher.settle(new Settlement(log, messages)));
                }
                ids.decide(true);
            } catch (RuntimeException | Error e) {
                ids.decide(false);
                messages.forEach(Delivered::unclaim);
                log.abort();
                throw e;
            }
            if (!held.isEmpty()) {
                broker.scheduleDelivery().signal();
            }
        }
    }
}
