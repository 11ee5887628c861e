package io.clusterdb.events.testkit;

import io.clusterdb.events.Disposition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What delivery promises, as naively as it can be said: a list of events and what has become of each. It imports nothing
 * of what it checks, and throws {@link AssertionError} as soon as something is seen that must not be.
 *
 * <p>Losing power may undo what was not yet synced; the model then takes back what it is told was undone, and allows it
 * to be seen again.
 */
public final class DeliveryModel {
    private final int maxAttempts;
    private final Map<String, Event> events = new LinkedHashMap<>();
    private final Map<String, Event> places = new HashMap<>();
    private final Map<String, List<Event>> lanes = new HashMap<>();
    private long epoch;

    /** What has become of an event. */
    private enum Fate {
        OPEN,
        /** Its handler said yes, but nobody was told that this is stored: it may come again after a crash. */
        MAYBE_DONE,
        /** Its handler said yes, but whether that counts is not seen from here: it was late, or power was lost since. */
        UNSURE,
        DONE,
        DEAD
    }

    private static final class Event {
        private final String id;
        private int partition = -1;
        private long offset = -1;
        private final @Nullable String key;
        private final List<Integer> attempts = new ArrayList<>();
        private Fate fate = Fate.OPEN;
        private long fateCommit;
        private long leaseUntil = Long.MIN_VALUE;
        private long handedInEpoch = -1;
        private boolean attemptsMayRepeat;

        Event(String id, @Nullable String key) {
            this.id = id;
            this.key = key;
        }

        @Override
        public String toString() {
            return id + " (" + partition + "@" + offset + ", key " + key + ", " + fate + ", attempts " + attempts + ")";
        }
    }

    public DeliveryModel(int maxAttempts) {
        this.maxAttempts = maxAttempts;
    }

    /** An event is being published. It may be seen before the publisher is answered. */
    public void publishing(String id, @Nullable String key) {
        Event event = new Event(id, key);
        events.put(id, event);
        if (key != null) {
            lanes.computeIfAbsent(key, k -> new ArrayList<>()).add(event);
        }
    }

    /** An event is known to be at that place. */
    public void stored(String id, int partition, long offset) {
        Event event = get(id);
        Event there = places.putIfAbsent(partition + "@" + offset, event);
        if (there != null && there != event) {
            throw new AssertionError("two events at " + partition + "@" + offset + ": " + there + " and " + id);
        }
        if (event.offset >= 0 && (event.partition != partition || event.offset != offset)) {
            throw new AssertionError("at " + partition + "@" + offset + " too: " + event);
        }
        event.partition = partition;
        event.offset = offset;
    }

    /**
     * An event is handed to a handler.
     *
     * @param now by a clock of the test's
     * @param leaseUntil when the lease ends by itself, by the same clock
     */
    public void handedOut(String id, int attempt, long now, long leaseUntil) {
        Event event = get(id);
        if (event.fate == Fate.DONE || event.fate == Fate.DEAD) {
            throw new AssertionError("delivered again though it was answered: " + event);
        }
        if (event.fate == Fate.MAYBE_DONE && event.handedInEpoch == epoch) {
            throw new AssertionError(
                    "delivered again though its handler had done with it, and nothing crashed: " + event);
        }
        if (isInHand(event, now)) {
            throw new AssertionError("delivered while it is being handled: " + event);
        }
        if (attempt > maxAttempts) {
            throw new AssertionError("attempt " + attempt + " of " + maxAttempts + ": " + event);
        }
        int before = event.attempts.isEmpty() ? 0 : event.attempts.get(event.attempts.size() - 1);
        if (!event.attemptsMayRepeat && attempt <= before) {
            throw new AssertionError("attempt " + attempt + " after attempt " + before + ": " + event);
        }
        checkOrder(event, now);
        event.attempts.add(attempt);
        event.attemptsMayRepeat = false;
        event.leaseUntil = leaseUntil;
        event.handedInEpoch = epoch;
        event.fate = Fate.OPEN;
    }

    private boolean isInHand(Event event, long now) {
        return event.handedInEpoch == epoch && now < event.leaseUntil;
    }

    private void checkOrder(Event event, long now) {
        if (event.key == null) {
            return;
        }
        for (Event other : lanes.getOrDefault(event.key, List.of())) {
            if (event.partition != other.partition || other == event) {
                continue;
            }
            if (isInHand(other, now)) {
                throw new AssertionError("two of one key at a time: " + event + " and " + other);
            }
            if (other.offset < event.offset && other.fate == Fate.OPEN) {
                throw new AssertionError("out of order: " + event + " is handed out before " + other);
            }
        }
    }

    /** A handler was told that its answer is stored; or it has returned, and was told nothing. */
    public void done(String id, boolean confirmed, long commits) {
        Event event = get(id);
        event.leaseUntil = Long.MIN_VALUE;
        event.fate = confirmed ? Fate.DONE : Fate.MAYBE_DONE;
        event.fateCommit = commits;
    }

    /** A handler's answer to an attempt was refused: it counts as if it had said nothing. */
    public void refused(String id, int attempt) {
        Event event = get(id);
        if (event.fate == Fate.MAYBE_DONE && event.attempts.get(event.attempts.size() - 1) == attempt) {
            event.fate = Fate.OPEN;
        }
    }

    /** A handler was done with an attempt after its time-out. */
    public void late(String id, int attempt) {
        Event event = get(id);
        if (event.fate == Fate.OPEN && event.attempts.get(event.attempts.size() - 1) == attempt) {
            event.fate = Fate.UNSURE;
            event.fateCommit = Long.MAX_VALUE;
        }
    }

    /** As {@link #late}, and the answer was accepted. */
    public void acceptedLate(String id, int attempt) {
        Event event = get(id);
        int last = event.attempts.get(event.attempts.size() - 1);
        if (last != attempt) {
            throw new AssertionError("the answer to attempt " + attempt + " was accepted after attempt " + last
                    + " was handed out: " + event);
        }
        late(id, attempt);
    }

    /** A handler failed, and the event comes again or becomes a dead letter. */
    public void failed(String id) {
        get(id).leaseUntil = Long.MIN_VALUE;
    }

    /** An event was found among the dead letters. */
    public void dead(String id, Disposition disposition, int attempts, long commits) {
        Event event = get(id);
        if (event.fate == Fate.DONE) {
            throw new AssertionError("a dead letter though it was done with: " + event);
        }
        if (disposition == Disposition.EXHAUSTED && attempts < maxAttempts) {
            throw new AssertionError("exhausted after " + attempts + " of " + maxAttempts + " attempts: " + event);
        }
        event.fate = Fate.DEAD;
        event.fateCommit = commits;
        event.leaseUntil = Long.MIN_VALUE;
    }

    /** The process was killed: what it had in hand comes again. */
    public void killed() {
        epoch++;
    }

    /**
     * Power was lost.
     *
     * @param survived the number of commits that are still there
     */
    public void lostPower(long survived) {
        killed();
        for (Event event : events.values()) {
            event.attemptsMayRepeat = true;
            if (event.fate != Fate.OPEN && event.fateCommit > survived) {
                event.fate = Fate.UNSURE;
            }
        }
    }

    /** A group is said to have answered everything below an offset. */
    public void floor(int partition, long floor) {
        for (Event event : events.values()) {
            if (event.partition == partition && event.offset < floor && event.fate == Fate.OPEN) {
                throw new AssertionError("the floor is " + floor + " though this is unanswered: " + event);
            }
        }
    }

    /** Everything has come to rest: nothing may be left. */
    public void settled() {
        List<Event> left = new ArrayList<>();
        for (Event event : events.values()) {
            if (event.fate == Fate.OPEN) {
                left.add(event);
            }
        }
        if (!left.isEmpty()) {
            throw new AssertionError(left.size() + " events were never answered: " + left);
        }
    }

    /** Whether an event is neither done nor dead. */
    public boolean isOpen(String id) {
        return get(id).fate == Fate.OPEN;
    }

    public int size() {
        return events.size();
    }

    private Event get(String id) {
        Event event = events.get(id);
        if (event == null) {
            throw new AssertionError("an event that nobody published: " + id);
        }
        return event;
    }

    /** How often each number of deliveries was seen, for a look at what a run has covered. */
    public Map<Integer, Integer> deliveries() {
        Map<Integer, Integer> counts = new HashMap<>();
        events.values().forEach(e -> counts.merge(e.attempts.size(), 1, Integer::sum));
        return counts;
    }
}
