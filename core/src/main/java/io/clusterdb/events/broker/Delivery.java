package io.clusterdb.events.broker;

import io.clusterdb.events.Disposition;
import io.clusterdb.events.Processor;
import io.clusterdb.events.broker.Entry.State;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.LogRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What has become of the events of one partition in one group: a state machine without threads, clocks or storage.
 *
 * <p>Every event that has been read is either answered or an {@link Entry}, so only what is unanswered has to be kept,
 * however far behind the oldest of it lies. States of an entry:
 *
 * <pre>
 *   state     input                                        becomes
 *   (unread)  arrived                                      READY
 *   (unread)  arrived, and can't be an event               answered, and a dead letter
 *   READY     take: attempts + 1, a new token              LEASED
 *   LEASED    done                                         answered
 *   LEASED    failed, attempts left                        PARKED until due
 *   LEASED    failed, none left; or terminated             answered, and a dead letter
 *   LEASED    failed, and retention is to delete it        answered, and a dead letter
 *   LEASED    released after a failure, and the same       answered, and a dead letter
 *   LEASED    tick: no answer within the time-out          as failed
 *   LEASED    released: attempts − 1                       READY
 *   LEASED    settling: its answer rides in a transaction  LEASED, and written down as answered
 *   PARKED    tick: due                                    READY
 *   PARKED    expiring: retention is about to delete it    answered, and a dead letter
 *   LEASED    crash, attempts left                         READY
 *   LEASED    crash, none left                             answered, and a dead letter
 * </pre>
 *
 * <p>An answer with another token than the lease's is refused, and changes nothing. Entries of one key form a lane, in
 * order: what stands behind a leased or parked one is not taken, except together with it by the same taker.
 *
 * <p>Written down are {@link Changes}: the mark, above which nothing was ever handed out, and below it what is
 * unanswered, in chunks of neighbours. What is above the mark is simply read again after a crash.
 */
final class Delivery {
    private final Processor processor;
    private final RandomGenerator random;
    private final Unanswered entries = new Unanswered();
    private final Map<Bytes, Lane> lanes = new HashMap<>();
    private final ParkedKeys parkedKeys;
    private final Unwritten unwritten;
    private final ArrayDeque<Lane> readyLanes = new ArrayDeque<>();
    private final Set<Entry> leased = new LinkedHashSet<>();
    private final PriorityQueue<Entry> parked = new PriorityQueue<>(
            Comparator.comparingLong((Entry e) -> e.dueNanos).thenComparingLong(e -> e.offset));
    private long tokens;
    private long next;
    private int unread;
    private long bytes;
    private long leaseCheckNanos = Long.MAX_VALUE;
    private long deletedBelow;

    /** An event that is to become a dead letter. */
    record Letter(Entry entry, Disposition disposition, Failure failure) {}

    /**
     * What has to be written down, in one step.
     *
     * @param mark everything above it is unread as far as is known
     * @param chunks by number, the unanswered entries of each chunk that has changed, up to the mark
     * @param parkedKeys those that are parked from now on (true) and those that are not any more
     */
    record Changes(
            long mark, SortedMap<Long, List<Entry>> chunks, List<Letter> letters, Map<Bytes, Boolean> parkedKeys) {}

    /**
     * Takes up a partition.
     *
     * @param mark as it was written down; for a partition never read before, where to start
     * @param isFirst whether it was never read before: then the mark is to be written down
     */
    Delivery(Processor processor, RandomGenerator random, long mark, boolean isFirst) {
        this.processor = processor;
        this.parkedKeys = new ParkedKeys(processor.afterDeadLetter());
        this.random = random;
        this.next = mark;
        this.unwritten = new Unwritten(entries, parkedKeys, mark, isFirst);
    }

    // --- what is read

    /** An entry as it was written down. It is to be read again. */
    void restore(Entry entry, Now now) {
        entries.put(entry);
        unread++;
        entry.resume(now);
    }

    /** An event was read. Below {@link #next} only those count that were restored. */
    void arrived(LogRecord record) {
        Entry entry = admit(record);
        if (entry == null) {
            return;
        }
        Lane lane = lane(record);
        entry.lane = lane;
        lane.entries.add(entry);
        if (entry.state == State.PARKED) {
            parked.add(entry);
        } else if (entry.attempts >= processor.retry().maxAttempts()) {
            Failure crash = new Failure(record.timestamp(), "crash", "the process ended while it was being handled");
            letter(entry, Disposition.EXHAUSTED, entry.last == null ? crash : entry.last);
        } else if (parkedKeys.holds(lane)) {
            letter(entry, Disposition.PARKED, ParkedKeys.behind(record.timestamp()));
        }
        offer(lane);
    }

    /** A key as it was written down: its events become dead letters. */
    void restoreParked(Bytes key) {
        parkedKeys.restore(key);
    }

    /** The dead letters of a key have been dealt with: its events flow again. */
    void free(Bytes key) {
        parkedKeys.free(key);
    }

    /** A record was read that is no event. */
    void undecodable(LogRecord record, Failure failure) {
        Entry entry = admit(record);
        if (entry != null) {
            letter(entry, Disposition.UNDECODABLE, failure);
        }
    }

    private @Nullable Entry admit(LogRecord record) {
        Entry entry = entries.find(record.offset());
        if (entry == null && record.offset() >= next) {
            entry = new Entry(record.offset());
            entries.put(entry);
            unwritten.admitted();
        } else if (entry == null || entry.record != null) {
            return null;
        } else {
            unread--;
        }
        entry.record = record;
        bytes += entry.bytes();
        return entry;
    }

    /** Whether the event at an offset has yet to arrive. */
    boolean awaits(long offset) {
        if (offset >= next) {
            return true;
        }
        Entry entry = unread == 0 ? null : entries.find(offset);
        return entry != null && entry.record == null;
    }

    /** Everything below an offset has been read. What was restored there and not seen is gone from the log. */
    void passed(long to) {
        if (unread > 0) {
            for (Entry entry : entries.between(floor(), to)) {
                if (entry.record == null) {
                    unread--;
                    remove(entry);
                }
            }
        }
        next = Math.max(next, to);
    }

    /** The first offset at or behind a position that is worth reading. */
    long wanted(long position) {
        if (unread > 0) {
            for (Entry entry : entries.between(position, next)) {
                if (entry.record == null) {
                    return entry.offset;
                }
            }
        }
        return Math.max(position, next);
    }

    // --- what is handed out

    /**
     * Leases events to one taker, who handles them one after the other: the oldest of many lanes rather than many of one,
     * so that what is unanswered stays close together. They count as attempted from now on, and are to
     * be handed out when that is written down.
     */
    List<Entry> take(int max, Now now) {
        List<Entry> taken = new ArrayList<>(max);
        int ofEach = Math.max(1, max / Math.max(1, readyLanes.size()));
        while (taken.size() < max && !readyLanes.isEmpty()) {
            Lane lane = readyLanes.remove();
            lane.queued = false;
            int left = Math.min(ofEach, max - taken.size());
            for (Entry entry : lane.entries) {
                if (left-- == 0 || entry.state != State.READY) {
                    break;
                }
                lease(entry, lane);
                taken.add(entry);
            }
        }
        if (!taken.isEmpty()) {
            leaseCheckNanos =
                    Math.min(leaseCheckNanos, now.nanos() + processor.timeout().toNanos());
        }
        return taken;
    }

    private void lease(Entry entry, Lane lane) {
        entry.state = State.LEASED;
        entry.attempts++;
        entry.startedNanos = 0;
        entry.token = ++tokens;
        lane.inHand++;
        leased.add(entry);
        unwritten.cover(entry);
    }

    /** How many keys have something that can be taken. */
    int readyCount() {
        return readyLanes.size();
    }

    // --- what is answered; false when the lease is over

    boolean done(Entry entry, long token) {
        if (!entry.isLease(token)) {
            return false;
        }
        remove(entry);
        return true;
    }

    /** Answers the entry, and every one before it that has ever been handed out. */
    boolean doneUpTo(Entry entry, long token) {
        if (!entry.isLease(token)) {
            return false;
        }
        for (Entry earlier : entries.between(floor(), entry.offset + 1)) {
            if (earlier.attempts > 0) {
                remove(earlier);
            }
        }
        return true;
    }

    /** @param delay null = what the backoff says */
    boolean failed(Entry entry, long token, Failure failure, @Nullable Duration delay, Now now) {
        if (!entry.isLease(token)) {
            return false;
        }
        fail(entry, failure, delay, Disposition.EXHAUSTED, now);
        return true;
    }

    boolean terminated(Entry entry, long token, Failure failure, Disposition disposition) {
        if (!entry.isLease(token)) {
            return false;
        }
        letter(entry, disposition, failure);
        return true;
    }

    /** Handed out but not handled: as if it had not been taken. */
    boolean released(Entry entry, long token, Now now) {
        if (!entry.isLease(token)) {
            return false;
        }
        entry.attempts--;
        if (entry.attempts > 0 && entry.offset < deletedBelow) {
            expire(entry, now);
        } else {
            unlease(entry);
            ready(entry);
        }
        return true;
    }

    /** Writes the entry down as answered, in {@link #changes}; {@link #done} is to follow, or {@link #unsettled}. */
    boolean settling(Entry entry, long token) {
        if (!entry.isLease(token) || entry.settling) {
            return false;
        }
        entry.settling = true;
        unwritten.touch(entry);
        return true;
    }

    /** What was to be written with {@link #settling} was not. */
    void unsettled(Entry entry) {
        entry.settling = false;
        unwritten.touch(entry);
    }

    private void fail(Entry entry, Failure failure, @Nullable Duration delay, Disposition atLast, Now now) {
        entry.failed(failure);
        boolean isExhausted = entry.attempts >= processor.retry().maxAttempts();
        if (isExhausted || entry.offset < deletedBelow) { // it could not come again after a crash
            letter(entry, isExhausted ? atLast : Disposition.EXPIRED, failure);
            return;
        }
        Duration wait = delay == null ? processor.retry().backoff().after(entry.attempts, random) : delay;
        unlease(entry);
        entry.park(wait, now);
        parked.add(entry);
        unwritten.touch(entry);
        offer(entry.lane);
    }

    private void letter(Entry entry, Disposition disposition, Failure failure) {
        entry.failed(failure);
        unwritten.cover(entry);
        unwritten.add(new Letter(entry, disposition, failure));
        Lane lane = entry.lane;
        remove(entry);
        if (lane != null && disposition != Disposition.EXPIRED && parkedKeys.park(lane)) {
            for (Entry behind : List.copyOf(lane.entries)) {
                if (behind.state == State.READY) {
                    letter(behind, Disposition.PARKED, ParkedKeys.behind(failure.millis()));
                }
            }
        }
    }

    private void ready(Entry entry) {
        entry.state = State.READY;
        if (parkedKeys.holds(entry.lane)) {
            letter(entry, Disposition.PARKED, ParkedKeys.behind(entry.record().timestamp()));
            return;
        }
        unwritten.touch(entry);
        offer(entry.lane);
    }

    // --- what time does

    /**
     * Ends the leases that were not answered in time, and readies what is due.
     *
     * @return the entries whose leases were ended
     */
    List<Entry> tick(Now now) {
        while (!parked.isEmpty() && parked.element().dueNanos - now.nanos() <= 0) {
            ready(parked.remove());
        }
        return leaseCheckNanos - now.nanos() > 0 ? List.of() : expireLeases(now);
    }

    private List<Entry> expireLeases(Now now) {
        long timeout = processor.timeout().toNanos();
        List<Entry> expired = new ArrayList<>();
        leaseCheckNanos = Long.MAX_VALUE;
        for (Entry entry : leased) {
            long started = entry.startedNanos;
            long until = (started == 0 ? now.nanos() : started) + timeout;
            if (until - now.nanos() <= 0 && !entry.settling) {
                expired.add(entry);
            } else {
                leaseCheckNanos = Math.min(leaseCheckNanos, until);
            }
        }
        Failure late = new Failure(now.millis(), "timeout", "no answer within " + processor.timeout());
        expired.forEach(entry -> fail(entry, late, null, Disposition.TIMEOUT, now));
        return expired;
    }

    /** When {@link #tick} has something to do next, by the clock that never goes back. */
    long nextTickNanos() {
        return parked.isEmpty() ? leaseCheckNanos : Math.min(leaseCheckNanos, parked.element().dueNanos);
    }

    /** The log's start is about to move: what waits below it for another attempt becomes a dead letter. */
    void expiring(long start, Now now) {
        deletedBelow = Math.max(deletedBelow, start);
        for (Entry entry : entries.between(floor(), start)) {
            if (entry.record != null && entry.state != State.LEASED && entry.attempts > 0) {
                expire(entry, now);
            }
        }
    }

    private void expire(Entry entry, Now now) {
        Failure expired = new Failure(now.millis(), "retention", "it was about to be deleted while it waited");
        letter(entry, Disposition.EXPIRED, entry.last == null ? expired : entry.last);
    }

    // --- where it stands

    /** All below is answered. */
    long floor() {
        return entries.first(next);
    }

    /** The offset of the first event that has not been read. */
    long next() {
        return next;
    }

    /** Unanswered events that have been read, parked ones included. */
    int count() {
        return entries.count() - unread;
    }

    /** Of unanswered events, in memory. */
    long bytes() {
        return bytes;
    }

    int leasedCount() {
        return leased.size();
    }

    // --- what is to be written down

    boolean isDirty() {
        return unwritten.isAny(next);
    }

    /** Whether there are dead letters that are not written down yet. */
    boolean hasUnwrittenLetters() {
        return unwritten.hasLetters();
    }

    /** What has changed since the last call. */
    Changes changes() {
        return unwritten.take(next);
    }

    /** These could not be written: they are to be written again. */
    void again(Changes changes) {
        unwritten.again(changes);
    }

    // --- bookkeeping

    private Lane lane(LogRecord record) {
        Bytes key = switch (processor.ordering()) {
            case NONE -> null;
            case KEY -> record.key() == null ? null : Bytes.of(record.key().toArray());
            case PARTITION -> Bytes.EMPTY;
        };
        return key == null ? new Lane(null) : lanes.computeIfAbsent(key, Lane::new);
    }

    private void offer(@Nullable Lane lane) {
        if (lane != null && !lane.queued && lane.isReady()) {
            lane.queued = true;
            readyLanes.add(lane);
        }
    }

    private void unlease(Entry entry) {
        entry.token = ++tokens;
        leased.remove(entry);
        if (entry.lane != null) {
            entry.lane.inHand--;
        }
    }

    private void remove(Entry entry) {
        if (entry.state == State.LEASED) {
            unlease(entry);
        } else if (entry.state == State.PARKED) {
            parked.remove(entry);
        }
        entry.state = State.ANSWERED;
        entries.remove(entry);
        bytes -= entry.bytes();
        unwritten.touch(entry);
        Lane lane = entry.lane;
        if (lane != null) {
            lane.entries.remove(entry);
            if (lane.entries.isEmpty() && lane.key != null) {
                lanes.remove(lane.key);
            }
            offer(lane);
        }
    }
}
