package io.clusterdb.events.broker;

import io.clusterdb.events.AfterDeadLetter;
import io.clusterdb.events.spi.Bytes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The keys of one partition whose events become dead letters, because one before them is one. */
final class ParkedKeys {
    private final AfterDeadLetter policy;
    private final Set<Bytes> keys = new HashSet<>();
    private final Map<Bytes, Boolean> changed = new HashMap<>();

    ParkedKeys(AfterDeadLetter policy) {
        this.policy = policy;
    }

    static Failure behind(long millis) {
        return new Failure(millis, "parked", "an event of its key before it is a dead letter");
    }

    void restore(Bytes key) {
        keys.add(key);
    }

    boolean holds(@Nullable Lane lane) {
        return lane != null && lane.key != null && keys.contains(lane.key);
    }

    /** Whether a lane of which an event became a dead letter is parked from now on, and was not before. */
    boolean park(Lane lane) {
        boolean parks = policy == AfterDeadLetter.PARK && lane.key != null && keys.add(lane.key);
        if (parks) {
            changed.put(lane.key, true);
        }
        return parks;
    }

    void free(Bytes key) {
        if (keys.remove(key)) {
            changed.put(key, false);
        }
    }

    boolean isDirty() {
        return !changed.isEmpty();
    }

    /** What has changed since the last call: true = is parked, false = is not any more. */
    Map<Bytes, Boolean> changes() {
        Map<Bytes, Boolean> all = Map.copyOf(changed);
        changed.clear();
        return all;
    }

    /** These could not be written down. */
    void again(Map<Bytes, Boolean> changes) {
        changes.forEach(changed::putIfAbsent);
    }
}
