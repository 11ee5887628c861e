package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Writers that append to aggregates of their own, one append after the other: events per second, to the last answer. */
final class StoreAppend implements Side {
    /** Then a writer begins another aggregate. */
    private static final int APPENDS_OF_AN_AGGREGATE = 10;

    private final StoreSide store;
    private final int batch;
    private final int appends;
    private final List<StoreSide.Writer> writers = new ArrayList<>();
    private final ExecutorService threads;
    private int round;

    StoreAppend(Settings settings) throws IOException, SQLException {
        store = StoreSide.named(settings.text("store"), settings);
        batch = settings.number("batch");
        int count = settings.number("writers");
        appends = settings.number("count") / batch / count;
        threads = Executors.newFixedThreadPool(count);
        for (int n = 0; n < count; n++) {
            writers.add(store.writer());
        }
    }

    @Override
    public double round() throws Exception {
        round++;
        CountDownLatch begin = new CountDownLatch(1);
        List<Future<?>> done = new ArrayList<>();
        for (int n = 0; n < writers.size(); n++) {
            int writer = n;
            done.add(threads.submit(() -> {
                begin.await();
                write(writer);
                return null;
            }));
        }
        long start = System.nanoTime();
        begin.countDown();
        for (Future<?> each : done) {
            each.get();
        }
        return appends * batch * writers.size() / ((System.nanoTime() - start) / 1e9);
    }

    private void write(int writer) throws SQLException {
        for (int n = 0; n < appends; n++) {
            String aggregate = "order-%d-%d-%d".formatted(round, writer, n / APPENDS_OF_AN_AGGREGATE);
            long version = (long) n % APPENDS_OF_AN_AGGREGATE * batch + 1;
            writers.get(writer).append(aggregate, version, n, batch);
        }
    }

    @Override
    public void close() throws IOException, SQLException {
        threads.shutdown();
        for (StoreSide.Writer writer : writers) {
            writer.close();
        }
        store.close();
    }
}
