package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.sql.SQLException;

/**
 * Reads what is stored before the first round. The figure of a round is, as asked for: microseconds for loading an
 * aggregate; or events per second of reading all events.
 */
final class StoreRead implements Side {
    private static final int BATCH = 1_000;
    private static final int EVENTS_OF_AN_AGGREGATE = 100;
    private static final String LOADED = "order-loaded";

    private final StoreSide store;
    private final boolean loading;
    private final int count;
    private final double total;
    private final int events;

    StoreRead(Settings settings) throws IOException, SQLException {
        store = StoreSide.named(settings.text("store"), settings);
        loading = settings.text("measure").equals("load");
        count = settings.number("count");
        events = settings.number("events");
        double sum = 0;
        try (StoreSide.Writer writer = store.writer()) {
            int each = loading ? BATCH : EVENTS_OF_AN_AGGREGATE;
            for (int n = 0; n < events; n += each) {
                int append = Math.min(each, events - n);
                writer.append(loading ? LOADED : "order-" + n, loading ? n + 1 : 1, n, append);
            }
        }
        for (int n = 0; n < events; n++) {
            sum += StoreSide.ORDERS.order(n).total();
        }
        total = sum;
        if (loading && settings.text("snapshot").equals("yes")) {
            store.snapshot(LOADED);
        }
    }

    @Override
    public double round() throws Exception {
        long start = System.nanoTime();
        if (loading) {
            for (int n = 0; n < count; n++) {
                check(store.load(LOADED), total);
            }
            return (System.nanoTime() - start) / 1e3 / count;
        }
        check(store.readAll(), events);
        return events / ((System.nanoTime() - start) / 1e9);
    }

    private static void check(double found, double expected) {
        if (Math.abs(found - expected) > 1e-6 * expected) {
            throw new IllegalStateException("read " + found + ", stored was " + expected);
        }
    }

    @Override
    public void close() throws IOException, SQLException {
        store.close();
    }
}
