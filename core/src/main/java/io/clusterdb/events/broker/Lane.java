package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Bytes;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The entries that are handled one after the other: those of one key, or a single one that has none. In order. */
final class Lane {
    final @Nullable Bytes key;
    final ArrayDeque<Entry> entries = new ArrayDeque<>(2);
    int inHand;
    boolean queued;

    Lane(@Nullable Bytes key) {
        this.key = key;
    }

    /** Whether its first entry can be taken. */
    boolean isReady() {
        Entry head = entries.peek();
        return inHand == 0 && head != null && head.state == Entry.State.READY;
    }
}
