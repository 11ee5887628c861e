package io.clusterdb.events.rocksdb;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Storage;
import org.jspecify.annotations.Nullable;

/** A position in a log of the journal. */
final class LogEntries implements Storage.Entries {
    private final LogIndex index;
    private final Journal journal;
    private final long start;
    private @Nullable Block block;
    private int at;
    private @Nullable Segment segment;

    LogEntries(LogIndex index, Journal journal, long start) {
        this.index = index;
        this.journal = journal;
        this.start = start;
    }

    @Override
    public boolean next() {
        while (advance()) {
            segment = journal.find(current().position(at));
            if (segment != null) {
                return true;
            }
            reload(current().offset(at), current().position(at));
        }
        return false;
    }

    private boolean advance() {
        Block now = block;
        if (now == null) {
            Block first = index.holding(start);
            if (first == null) {
                return false;
            }
            block = first;
            at = Math.max(0, first.floor(start));
            return true;
        }
        if (at + 1 < now.size()) {
            at++;
            return true;
        }
        long last = now.offset(at);
        Block more = index.following(last);
        if (more == null) {
            return false;
        }
        block = more;
        at = more.floor(last) + 1;
        return at < more.size();
    }

    /**
     * The segment is gone: the entry was moved, or deleted with all before it. Looks again, from that entry on.
     *
     * @throws CorruptionException when it is still said to be there
     */
    private void reload(long offset, long position) {
        Block found = index.holding(offset);
        if (found == null) {
            at = current().size() - 1;
            return;
        }
        block = found;
        at = found.floor(offset - 1);
        int next = at + 1;
        if (next < found.size() && found.offset(next) == offset && found.position(next) == position) {
            throw journal.missing(Position.segment(position));
        }
    }

    private Block current() {
        if (block == null) {
            throw new IllegalStateException("the cursor stands on no entry");
        }
        return block;
    }

    @Override
    public long offset() {
        return current().offset(at);
    }

    @Override
    public int length() {
        return current().length(at);
    }

    @Override
    public Bytes bytes() {
        Segment held = segment;
        if (held == null) {
            throw new IllegalStateException("the cursor stands on no entry");
        }
        return held.entry(index.log(), offset(), Position.at(current().position(at)), length());
    }

    @Override
    public void close() {
        block = null;
        segment = null;
    }
}
