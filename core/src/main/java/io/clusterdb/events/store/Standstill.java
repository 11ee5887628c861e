package io.clusterdb.events.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Finds out that nobody goes on with a build: it stands where it stood, though there are events for it. Not thread-safe. */
final class Standstill {
    private static final long ABANDONED_NANOS = Duration.ofMinutes(2).toNanos();

    private @Nullable Build seen;
    private boolean late;
    private long lateSinceNanos;

    boolean isWatching() {
        return seen != null;
    }

    void end() {
        seen = null;
        late = false;
    }

    /** Could not look: whoever goes on with it may not have been able to, either. */
    void blind() {
        late = false;
    }

    /**
     * Looks at it.
     *
     * @param isLate whether there are events for it
     * @return whether it has been found late for a while, and at the same place each time
     */
    boolean isAbandoned(Build build, boolean isLate, long nanos) {
        if (!late || !build.equals(seen)) {
            lateSinceNanos = nanos;
        }
        seen = build;
        late = isLate;
        return isLate && nanos - lateSinceNanos >= ABANDONED_NANOS;
    }
}
