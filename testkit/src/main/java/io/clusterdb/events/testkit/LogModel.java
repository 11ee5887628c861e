package io.clusterdb.events.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What publishing promises, as naively as it can be said: who appended what, what was answered, and what may therefore be
 * found. It imports nothing of what it checks, and throws {@link AssertionError} as soon as something is seen that must
 * not be.
 */
public final class LogModel {
    private final Map<String, Appended> all = new LinkedHashMap<>();
    private final Map<String, Fate> transactions = new HashMap<>();

    /** How sure it is that an event is there. */
    public enum Answer {
        /** Nobody was told: it may be there. */
        NONE,
        /** It is there unless power is lost. */
        WRITTEN,
        /** It is there. */
        DURABLE,
        /** It is not there. */
        REFUSED
    }

    /** What becomes of a transaction. */
    private enum Fate {
        OPEN,
        /** Commit was asked for and not answered. */
        UNKNOWN,
        COMMITTED,
        ABORTED
    }

    private static final class Appended {
        private final String id;
        private final String writer;
        private final long order;
        private final @Nullable String transaction;
        private Answer answer = Answer.NONE;
        private int partition = -1;
        private long offset = -1;

        Appended(String id, String writer, long order, @Nullable String transaction) {
            this.id = id;
            this.writer = writer;
            this.order = order;
            this.transaction = transaction;
        }

        @Override
        public String toString() {
            return id + " of " + writer + (transaction == null ? "" : " in " + transaction) + ", " + answer + " at "
                    + partition + "@" + offset;
        }
    }

    /** An event is about to be appended. */
    public void appending(String id, String writer, @Nullable String transaction) {
        all.put(id, new Appended(id, writer, all.size(), transaction));
        if (transaction != null) {
            transactions.putIfAbsent(transaction, Fate.OPEN);
        }
    }

    /** An append was answered. */
    public void answered(String id, Answer answer, int partition, long offset) {
        Appended event = get(id);
        event.answer = answer;
        if (offset >= 0) {
            event.partition = partition;
            event.offset = offset;
        }
    }

    /** A commit of a transaction was asked for. */
    public void committing(String transaction) {
        transactions.put(transaction, Fate.UNKNOWN);
    }

    public void committed(String transaction) {
        transactions.put(transaction, Fate.COMMITTED);
        all.values().stream()
                .filter(e -> transaction.equals(e.transaction))
                .forEach(e -> e.answer = e.answer == Answer.NONE ? e.answer : Answer.DURABLE);
    }

    public void aborted(String transaction) {
        transactions.put(transaction, Fate.ABORTED);
    }

    /** The process ended: transactions that were open are aborted by the next one. */
    public void killed() {
        transactions.replaceAll((transaction, fate) -> fate == Fate.OPEN ? Fate.ABORTED : fate);
    }

    /** Power was lost: what was written and not durable may be gone, and its offsets may be others' from now on. */
    public void lostPower() {
        killed();
        for (Appended event : all.values()) {
            if (event.answer == Answer.WRITTEN) {
                event.answer = Answer.NONE;
                event.offset = -1;
            }
        }
    }

    /**
     * Looks at all that is in a partition, seen by a reader of committed events.
     *
     * @param found ids by offset
     * @param end of what such a reader can see
     */
    public void check(int partition, SortedMap<Long, String> found, long end) {
        Map<String, Long> offsets = new HashMap<>();
        Map<String, Appended> last = new HashMap<>();
        for (Map.Entry<Long, String> seen : found.entrySet()) {
            Appended event = get(seen.getValue());
            checkSeen(event, partition, seen.getKey());
            require(offsets.put(event.id, seen.getKey()) == null, "there twice", event);
            Appended before = last.put(event.writer, event);
            require(before == null || before.order < event.order, "comes after " + before, event);
        }
        for (Appended event : all.values()) {
            boolean inSight = event.partition == partition && event.offset >= 0 && event.offset < end;
            if (inSight && mustBeSeen(event)) {
                require(offsets.containsKey(event.id), "acknowledged and not there", event);
            }
        }
    }

    private Appended get(String id) {
        Appended event = all.get(id);
        if (event == null) {
            throw new AssertionError("nobody ever appended " + id);
        }
        return event;
    }

    private void checkSeen(Appended event, int partition, long offset) {
        require(event.answer != Answer.REFUSED, "there though it was refused", event);
        require(
                event.offset < 0 || (event.offset == offset && event.partition == partition),
                "found at " + partition + "@" + offset,
                event);
        if (event.transaction != null) {
            Fate fate = transactions.get(event.transaction);
            require(fate != Fate.OPEN && fate != Fate.ABORTED, "seen though its transaction is " + fate, event);
        }
    }

    private boolean mustBeSeen(Appended event) {
        boolean there = event.answer == Answer.WRITTEN || event.answer == Answer.DURABLE;
        return there && (event.transaction == null || transactions.get(event.transaction) == Fate.COMMITTED);
    }

    /**
     * Looks whether transactions are all there or not at all, as far as no other one that is open hides a part.
     *
     * @param ends of each partition, where that begins
     */
    public void checkTransactions(Iterable<String> seen, List<Long> ends) {
        Map<String, List<String>> there = new HashMap<>();
        for (String id : seen) {
            Appended event = all.get(id);
            if (event != null && event.transaction != null) {
                there.computeIfAbsent(event.transaction, t -> new ArrayList<>()).add(id);
            }
        }
        there.forEach((transaction, ids) -> {
            long events = all.values().stream()
                    .filter(e -> transaction.equals(e.transaction) && e.answer != Answer.REFUSED)
                    .filter(e -> e.offset < 0 || e.offset < ends.get(e.partition))
                    .count();
            require(ids.size() == events, "only in part: " + ids, transaction);
        });
    }

    private static void require(boolean right, String what, Object of) {
        if (!right) {
            throw new AssertionError(what + ": " + of);
        }
    }
}
