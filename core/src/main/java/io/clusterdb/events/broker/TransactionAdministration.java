package io.clusterdb.events.broker;

import io.clusterdb.events.TransactionStatus;
import io.clusterdb.events.Transactions;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.OpenTransaction;
import java.util.List;

/** Open transactions, as their users see them. */
final class TransactionAdministration implements Transactions {
    private final LogEngine engine;

    TransactionAdministration(LogEngine engine) {
        this.engine = engine;
    }

    @Override
    public List<TransactionStatus> list() {
        return engine.transactions().stream()
                .map(TransactionAdministration::status)
                .toList();
    }

    private static TransactionStatus status(OpenTransaction open) {
        List<TransactionStatus.Held> held = open.held().entrySet().stream()
                .map(e -> new TransactionStatus.Held(
                        e.getKey().topic(), e.getKey().partition(), e.getValue()))
                .toList();
        return new TransactionStatus(open.id(), open.owner(), open.begun(), held);
    }

    @Override
    public void abort(String id) {
        engine.abort(id);
    }
}
