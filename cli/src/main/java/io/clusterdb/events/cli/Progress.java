package io.clusterdb.events.cli;

import java.util.concurrent.TimeUnit;

/** A bar on a person's terminal; nothing anywhere else. */
final class Progress {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int WIDTH = 30;

    private final Terminal terminal;
    private final long total;
    private final long begun = System.nanoTime();
    private long shownAt = begun;
    private boolean shown;

    /** @param total of what {@link #show} counts; −1 = not known */
    Progress(Terminal terminal, long total) {
        this.terminal = terminal;
        this.total = total;
    }

    /** Shows it, if the last time was long enough ago. */
    void show(long done, long events) {
        long now = System.nanoTime();
        if (!terminal.isErrorTerminal() || now - shownAt < INTERVAL_NANOS) {
            return;
        }
        shownAt = now;
        shown = true;
        long perSecond = (long) (events / ((now - begun) / 1e9));
        terminal.error("\r\u001b[K" + bar(done) + Human.count(events, "event") + ", " + perSecond + "/s");
    }

    private String bar(long done) {
        if (total <= 0) {
            return "";
        }
        int full = (int) (WIDTH * Math.min(done, total) / total);
        return "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + 100 * Math.min(done, total) / total + " %  ";
    }

    /** Takes it away, before something else is written. */
    void clear() {
        if (shown) {
            terminal.error("\r\u001b[K");
            shown = false;
        }
    }
}
