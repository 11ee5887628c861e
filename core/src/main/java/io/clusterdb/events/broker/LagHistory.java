package io.clusterdb.events.broker;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far the groups at work in this process were behind over the last minutes, for the trend of it. Thread-safe. */
final class LagHistory {
    /** Between two samples of a group. */
    static final Duration INTERVAL = Duration.ofSeconds(30);

    private static final int SAMPLES = 10;
    private static final long SHORTEST_NANOS = Duration.ofSeconds(10).toNanos();

    private final Map<String, Deque<Sample>> groups = new HashMap<>();

    private record Sample(long nanos, long events) {}

    synchronized void note(String group, long nanos, long events) {
        Deque<Sample> samples = groups.computeIfAbsent(group, name -> new ArrayDeque<>());
        if (samples.size() == SAMPLES) {
            samples.removeFirst();
        }
        samples.addLast(new Sample(nanos, events));
    }

    /** Forgets all groups but these. */
    synchronized void retain(Collection<String> names) {
        groups.keySet().retainAll(names);
    }

    /** Events per second since the oldest sample; null when that is not there or too young. */
    synchronized @Nullable Double trend(String group, long nanos, long events) {
        Deque<Sample> samples = groups.get(group);
        if (samples == null || nanos - samples.getFirst().nanos < SHORTEST_NANOS) {
            return null;
        }
        Sample oldest = samples.getFirst();
        return (events - oldest.events) * 1e9 / (nanos - oldest.nanos);
    }
}
