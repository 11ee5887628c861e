package io.clusterdb.events.postgres;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.StoreEngine.Page;
import io.clusterdb.events.spi.StoreEngine.Selection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Pages of all events. Whoever has read a full one goes on, mostly: so the next one is read while that is being used. The
 * one behind it, too, when it is known where it begins: then the server looks for one page while its client takes in the
 * other. A full page never changes, so one that was read ahead is as good as one that is read now. Thread-safe.
 */
final class ReadAhead {
    /** Kept until they are asked for: some readers do not go on. */
    private static final int MAX_PAGES = 4;

    private final Pages pages;
    private final Map<Asked, CompletableFuture<Page>> ahead = new LinkedHashMap<>();

    /** Reads a page, and blocks. */
    interface Pages {
        Page read(long after, int limit, Selection selection);
    }

    private record Asked(long after, int limit, Selection selection) {}

    ReadAhead(Pages pages) {
        this.pages = pages;
    }

    Page read(long after, int limit, Selection selection) {
        Page page = full(new Asked(after, limit, selection));
        if (page == null) {
            page = pages.read(after, limit, selection);
        }
        if (page.events().size() == limit) {
            begin(new Asked(page.position(), limit, selection), true);
            if (selection.equals(Selection.ALL)) {
                begin(new Asked(page.position() + limit, limit, selection), false);
            }
        }
        return page;
    }

    private @Nullable Page full(Asked asked) {
        CompletableFuture<Page> reading;
        synchronized (ahead) {
            reading = ahead.remove(asked);
        }
        if (reading == null) {
            return null;
        }
        try {
            Page page = reading.join();
            return page.events().size() == asked.limit ? page : null;
        } catch (CompletionException e) {
            if (e.getCause() instanceof EventsException) {
                return null; // read again, by the one who asks, it may fail to him
            }
            throw e;
        }
    }

    /** @param now whether another page, the oldest one, gives way to it */
    private void begin(Asked asked, boolean now) {
        synchronized (ahead) {
            if (ahead.containsKey(asked) || (!now && ahead.size() == MAX_PAGES)) {
                return;
            }
            if (ahead.size() == MAX_PAGES) {
                ahead.remove(Objects.requireNonNull(ahead.keySet().iterator().next()));
            }
            ahead.put(
                    asked,
                    CompletableFuture.supplyAsync(
                            () -> pages.read(asked.after, asked.limit, asked.selection),
                            read -> Thread.ofVirtual().name("events-read-ahead").start(read)));
        }
    }
}
