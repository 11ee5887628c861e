package io.clusterdb.events.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * How fast events get their positions on PostgreSQL: a transaction that is open holds the order up while many are stored,
 * and then ends. Events per second from there to the last position.
 */
final class StoreOrder implements Side {
    private final EventsStore store;
    private final HikariDataSource pool;
    private final int batch;
    private final int count;
    private int round;

    StoreOrder(Settings settings) throws IOException, SQLException {
        store = new EventsStore(settings, false);
        pool = BareStore.pool(settings, null);
        batch = settings.number("batch");
        count = settings.number("count");
    }

    @Override
    public double round() throws Exception {
        long before = store.store().all().lastPosition();
        long start;
        try (Connection parked = pool.getConnection();
                Statement statement = parked.createStatement()) {
            parked.setAutoCommit(false);
            statement.execute("select pg_current_xact_id()");
            for (int n = 0; n < count; n += batch) {
                store.writer().append("order-" + round++, 1, n, batch);
            }
            if (store.store().all().lastPosition() != before) {
                throw new IllegalStateException("the open transaction did not hold up the order");
            }
            start = System.nanoTime();
            parked.rollback();
        }
        while (store.store().all().lastPosition() < before + count) {
            Thread.onSpinWait();
        }
        return count / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() throws IOException, SQLException {
        pool.close();
        store.close();
    }
}
