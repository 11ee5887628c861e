package io.clusterdb.events.store;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Walks through pages that are read when the one before is used up. Not thread-safe. */
final class Paged<T> implements Iterator<T> {
    private final int full;
    private final Function<@Nullable List<T>, List<T>> following;
    private @Nullable List<T> page;
    private int next;

    /**
     * @param full a page with fewer is the last one
     * @param following gives the page behind another one, the first for null
     */
    Paged(int full, Function<@Nullable List<T>, List<T>> following) {
        this.full = full;
        this.following = following;
    }

    @Override
    public boolean hasNext() {
        List<T> current = page;
        if (current == null || (next == current.size() && next >= full)) {
            page = following.apply(current);
            next = 0;
        }
        return next < current().size();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return current().get(next++);
    }

    private List<T> current() {
        return page == null ? List.of() : page;
    }
}
