package io.clusterdb.events.acceptance.wrong.broker;

import io.clusterdb.events.acceptance.wrong.store.StoreImpl;
import java.util.concurrent.TimeUnit;

/** A broker that knows the store, and sleeps. */
public final class Publishing {
    private final StoreImpl store = new StoreImpl();

    /** Waits twice. */
    public StoreImpl publish() throws InterruptedException {
        Thread.sleep(0, 1);
        TimeUnit.NANOSECONDS.sleep(1);
        return store;
    }
}
