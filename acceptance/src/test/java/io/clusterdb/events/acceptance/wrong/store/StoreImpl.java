package io.clusterdb.events.acceptance.wrong.store;

import io.clusterdb.events.acceptance.wrong.broker.Publishing;
import org.jspecify.annotations.Nullable;

/** A store that knows the broker. */
public final class StoreImpl {
    private @Nullable Publishing broker;

    /** Whom it knows. */
    public @Nullable Publishing broker() {
        return broker;
    }

    /** Gets to know it. */
    public void broker(Publishing publishing) {
        broker = publishing;
    }
}
