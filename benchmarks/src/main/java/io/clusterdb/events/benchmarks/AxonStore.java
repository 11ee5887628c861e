package io.clusterdb.events.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.axonframework.common.transaction.NoTransactionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.TrackedEventMessage;
import org.axonframework.eventsourcing.eventstore.DomainEventStream;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jdbc.JdbcSQLErrorCodesResolver;
import org.axonframework.eventsourcing.eventstore.jdbc.PostgresEventTableFactory;
import org.axonframework.messaging.MetaData;
import org.axonframework.serialization.json.JacksonSerializer;

/** The JDBC engine of Axon Framework 4 with Jackson, in a schema of its own. */
final class AxonStore implements StoreSide {
    private static final int FETCHED = 1_000;

    private final HikariDataSource pool;
    private final String schema = "axon_" + ProcessHandle.current().pid();
    private final JdbcEventStorageEngine engine;

    AxonStore(Settings settings) throws SQLException {
        pool = BareStore.pool(settings, schema);
        try (var first = BareStore.pool(settings, null)) {
            BareStore.execute(first, "create schema " + schema);
        }
        JacksonSerializer serializer = JacksonSerializer.defaultSerializer();
        engine = JdbcEventStorageEngine.builder()
                .eventSerializer(serializer)
                .snapshotSerializer(serializer)
                .persistenceExceptionResolver(new JdbcSQLErrorCodesResolver())
                .connectionProvider(pool::getConnection)
                .transactionManager(NoTransactionManager.INSTANCE)
                .batchSize(FETCHED)
                .build();
        engine.createSchema(PostgresEventTableFactory.INSTANCE);
    }

    @Override
    public Writer writer() {
        return (aggregate, version, order, count) -> {
            List<DomainEventMessage<?>> events = new ArrayList<>(count);
            for (int n = 0; n < count; n++) {
                events.add(new GenericDomainEventMessage<>(
                        AGGREGATE,
                        aggregate,
                        version - 1 + n, // its numbers begin at 0
                        ORDERS.order(order + n),
                        MetaData.from(Map.of(METADATA, CORRELATION))));
            }
            engine.appendEvents(events);
        };
    }

    @Override
    public double load(String aggregate) {
        Optional<DomainEventMessage<?>> snapshot = engine.readSnapshot(aggregate);
        double sum =
                snapshot.map(s -> ((EventsStore.Total) s.getPayload()).sum()).orElse(0.0);
        DomainEventStream events = engine.readEvents(
                aggregate, snapshot.map(s -> s.getSequenceNumber() + 1).orElse(0L));
        while (events.hasNext()) {
            sum += ((Orders.Order) events.next().getPayload()).total();
        }
        return sum;
    }

    @Override
    public void snapshot(String aggregate) {
        long last = engine.lastSequenceNumberFor(aggregate).orElseThrow();
        engine.storeSnapshot(
                new GenericDomainEventMessage<>(AGGREGATE, aggregate, last, new EventsStore.Total(load(aggregate))));
    }

    @Override
    public int readAll() {
        try (Stream<? extends TrackedEventMessage<?>> events = engine.readEvents(null, false)) {
            return Math.toIntExact(events.count());
        }
    }

    @Override
    public void close() throws SQLException {
        BareStore.execute(pool, "drop schema " + schema + " cascade");
        pool.close();
    }
}
