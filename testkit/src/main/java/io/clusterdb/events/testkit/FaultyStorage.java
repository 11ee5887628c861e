package io.clusterdb.events.testkit;

import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Storage;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A storage with faults that a test orders: commits that are refused, or refused only in words, or torn; syncs that
 * fail; and commits and syncs that are held up until the test lets them go on. Thread-safe.
 */
public final class FaultyStorage implements Storage {
    private final Storage inner;
    private @Nullable Fault next;
    private boolean full;
    private boolean fullForAppends;
    private boolean fullToReserve;
    private boolean failsSync;
    private boolean stopped;
    private final Map<Held, Gate> held = new EnumMap<>(Held.class);

    /** What can be held up. */
    public enum Held {
        COMMITS,
        /** Commits that have been applied. */
        ANSWERS,
        SYNCS
    }

    private record Gate(CountDownLatch reached, CountDownLatch opened) {}

    /** What may become of a commit. */
    public enum Fault {
        /** There is no space: nothing is applied, a later one may be. */
        FULL,
        /** Applied, and answered as if there had been no space: a storage that lies. */
        FULL_THOUGH_APPLIED,
        /** Nothing is applied, and no later one will be. */
        STOPPED,
        /** Applied, and answered as if nothing had been; no later one will be: a storage that lies. */
        STOPPED_THOUGH_APPLIED,
        /** Something nobody foresees happens: nothing is applied, a later one may be. */
        UNFORESEEN,
        /** The first half of its changes is applied, and no later commit will be: a storage that tears. */
        TORN
    }

    public FaultyStorage(Storage inner) {
        this.inner = inner;
    }

    /** The next commit meets this. */
    public synchronized void failCommit(Fault fault) {
        next = fault;
    }

    /** As long as it is full, commits meet {@link Fault#FULL}. */
    public synchronized void fill(boolean value) {
        full = value;
    }

    /** As long as it is, commits that append something meet {@link Fault#FULL}. */
    public synchronized void fillForAppends(boolean value) {
        fullForAppends = value;
    }

    /** As long as it is, commits that don't {@link Commit#makeRoom make room} meet {@link Fault#FULL}. */
    public synchronized void fillToReserve(boolean value) {
        fullToReserve = value;
    }

    /** The next sync fails, and with it everything later. */
    public synchronized void failSync() {
        failsSync = true;
    }

    /** These wait from now on until {@link #release}. */
    public synchronized void hold(Held what) {
        held.put(what, new Gate(new CountDownLatch(1), new CountDownLatch(1)));
    }

    /** Waits until one of these is held up. */
    public void awaitHeld(Held what) throws InterruptedException {
        Objects.requireNonNull(gate(what)).reached().await();
    }

    /** What is held goes on. */
    public synchronized void release() {
        held.values().forEach(gate -> gate.opened().countDown());
        held.clear();
    }

    private synchronized @Nullable Gate gate(Held what) {
        return held.get(what);
    }

    private void pass(Held what) {
        Gate gate = gate(what);
        if (gate != null) {
            gate.reached().countDown();
            try {
                gate.opened().await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failure("interrupted while it was held");
            }
        }
    }

    @Override
    public void commit(Commit commit) {
        pass(Held.COMMITS);
        Fault fault = fault(commit);
        switch (fault) {
            case null -> {
                inner.commit(commit);
                pass(Held.ANSWERS);
            }
            case FULL -> throw full();
            case FULL_THOUGH_APPLIED -> {
                inner.commit(commit);
                throw full();
            }
            case STOPPED -> throw failure("ordered by the test");
            case STOPPED_THOUGH_APPLIED -> {
                inner.commit(commit);
                throw failure("ordered by the test");
            }
            case UNFORESEEN -> throw new IllegalStateException("ordered by the test");
            case TORN -> {
                inner.commit(half(commit));
                throw failure("ordered by the test");
            }
        }
    }

    private synchronized @Nullable Fault fault(Commit commit) {
        if (stopped) {
            return Fault.STOPPED;
        }
        boolean appends = commit.changes().stream().anyMatch(c -> c instanceof Commit.Change.Append);
        if (full || (fullForAppends && appends) || (fullToReserve && !commit.makesRoom())) {
            return Fault.FULL;
        }
        Fault fault = next;
        next = null;
        stopped = fault == Fault.STOPPED || fault == Fault.STOPPED_THOUGH_APPLIED || fault == Fault.TORN;
        return fault;
    }

    private static Commit half(Commit commit) {
        Commit half = new Commit();
        half.changes().addAll(commit.changes().subList(0, commit.changes().size() / 2));
        return half;
    }

    private UnavailableException full() {
        return UnavailableException.diskFull(place(), "ordered by the test", null);
    }

    private UnavailableException failure(String why) {
        return UnavailableException.storageFailed(place(), new IOException(why));
    }

    @Override
    public void sync() {
        pass(Held.SYNCS);
        if (syncFails()) {
            throw failure("ordered by the test");
        }
        inner.sync();
    }

    private synchronized boolean syncFails() {
        stopped |= failsSync;
        return stopped;
    }

    @Override
    public byte @Nullable [] get(Table table, byte[] key) {
        return inner.get(table, key);
    }

    @Override
    public Cursor scan(Table table, byte[] from, byte @Nullable [] to) {
        return inner.scan(table, from, to);
    }

    @Override
    public Entries entries(int log, long offset) {
        return inner.entries(log, offset);
    }

    @Override
    public Extent extent(int log) {
        return inner.extent(log);
    }

    @Override
    public String place() {
        return inner.place();
    }

    @Override
    public void close() {
        release();
        inner.close();
    }
}
