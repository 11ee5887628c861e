package io.clusterdb.events.store;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Walks through pages that are read when the one before is used up. Not thread-safe. */
final class Paged<T> implements Iterator<T> {
    private final Function<@Nullable List<T>, List<T>> following;
    private @Nullable List<T> page;
    private int next;

    /** @param following gives the page behind another one, the first for null; an empty one is the end */
    Paged(Function<@Nullable List<T>, List<T>> following) {
        this.following = following;
    }

    @Override
    public boolean hasNext() {
        List<T> current = page;
        if (current == null || (next == current.size() && next > 0)) {
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
