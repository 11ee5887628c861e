package io.clusterdb.events.broker;

import io.clusterdb.events.broker.Delivery.Changes;
import io.clusterdb.events.broker.Delivery.Letter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What of a delivery is not written down yet: which chunks of its unanswered entries have changed, dead letters, and the
 * mark, above which nothing was ever handed out.
 */
final class Unwritten {
    private final Unanswered entries;
    private final ParkedKeys parkedKeys;
    private final Set<Long> dirty = new TreeSet<>();
    private final List<Letter> letters = new ArrayList<>();
    private long mark;
    private long writtenMark;
    private int aboveMark;

    /** @param isFirst whether nothing was ever written down of the partition */
    Unwritten(Unanswered entries, ParkedKeys parkedKeys, long mark, boolean isFirst) {
        this.entries = entries;
        this.parkedKeys = parkedKeys;
        this.mark = mark;
        this.writtenMark = isFirst ? -1 : mark;
    }

    /** An entry was read for the first time: it is above the mark. */
    void admitted() {
        aboveMark++;
    }

    /** Brings an entry below the mark, with all before it. */
    void cover(Entry entry) {
        if (entry.offset >= mark) {
            for (Entry covered : entries.between(mark, entry.offset + 1)) {
                aboveMark--;
                touch(covered);
            }
            mark = entry.offset + 1;
        }
        touch(entry);
    }

    void touch(Entry entry) {
        dirty.add(Unanswered.chunkOf(entry.offset));
    }

    void add(Letter letter) {
        letters.add(letter);
    }

    boolean hasLetters() {
        return !letters.isEmpty();
    }

    /** @param next the offset of the first event that has not been read */
    boolean isAny(long next) {
        return !dirty.isEmpty() || !letters.isEmpty() || parkedKeys.isDirty() || writableMark(next) > writtenMark;
    }

    /** Above the last event handed out; or as far as has been read, when all that was read is below or answered. */
    private long writableMark(long next) {
        return aboveMark == 0 ? Math.max(mark, next) : mark;
    }

    /** All of it, which counts as written from now on. */
    Changes take(long next) {
        mark = writableMark(next);
        writtenMark = mark;
        SortedMap<Long, List<Entry>> chunks = new TreeMap<>();
        for (long chunk : dirty) {
            long from = chunk * Unanswered.SPAN;
            List<Entry> unanswered = entries.between(from, Math.min(from + Unanswered.SPAN, mark));
            unanswered.removeIf(entry -> entry.settling);
            chunks.put(chunk, unanswered);
        }
        Changes all = new Changes(mark, chunks, List.copyOf(letters), parkedKeys.changes());
        dirty.clear();
        letters.clear();
        return all;
    }

    /** These could not be written: they are to be written again. */
    void again(Changes changes) {
        writtenMark = -1;
        dirty.addAll(changes.chunks().keySet());
        letters.addAll(0, changes.letters());
        parkedKeys.again(changes.parkedKeys());
    }
}
