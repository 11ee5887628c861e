package io.clusterdb.events.broker;

import io.clusterdb.events.Consumer;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Message;
import io.clusterdb.events.Processor;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.broker.Delivered.Answer;
import io.clusterdb.events.spi.Environment;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Gives events to who pulls: only when somebody waits for one, and not more unanswered than the concurrency. */
final class PullOutlet implements Outlet, Consumer {
    private final Dispatcher<?> dispatcher;
    private final Environment environment;
    private final Processor processor;
    private final boolean autoCommit;
    private final long sessionNanos;
    private final Duration drain = Duration.ofSeconds(1);
    private final ConcurrentLinkedDeque<Taker> takers = new ConcurrentLinkedDeque<>();

    /** Why it does not read on, as long as nobody has heard of it. */
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    private final Map<Thread, Delivered> previous = Collections.synchronizedMap(new WeakHashMap<>());
    private volatile long activeNanos;
    private volatile boolean closed;

    /** Somebody who waits for a message. */
    private static final class Taker {
        private final CompletableFuture<Optional<Delivered>> message = new CompletableFuture<>();
    }

    PullOutlet(Dispatcher<?> dispatcher, Environment environment, ConsumerGroup group, Processor processor) {
        this.dispatcher = dispatcher;
        this.environment = environment;
        this.processor = processor;
        this.autoCommit = group.config().autoCommit();
        this.sessionNanos = group.config().sessionTimeout().toNanos();
        this.activeNanos = environment.nanos();
    }

    // --- what the dispatcher calls

    @Override
    public int room(int taken, int leased) {
        return Math.min(takers.size() - taken, processor.concurrency() - leased);
    }

    @Override
    public int runLength(int share) {
        return 1;
    }

    @Override
    public void give(List<Delivered> run) {
        for (Delivered message : run) {
            message.start(environment.nanos());
            if (!handOver(message)) {
                dispatcher.answer(message, new Answer.Released(), null);
            }
        }
    }

    private boolean handOver(Delivered message) {
        for (Taker taker = takers.poll(); taker != null; taker = takers.poll()) {
            if (taker.message.complete(Optional.of(message))) {
                touch();
                return true;
            }
        }
        return false;
    }

    @Override
    public void expired(Entry entry) {
        // The message itself refuses what is said too late.
    }

    @Override
    public boolean isActive(long nowNanos) {
        return !closed && (!takers.isEmpty() || nowNanos - activeNanos < sessionNanos);
    }

    @Override
    public long restNanos() {
        return sessionNanos;
    }

    @Override
    public void fail(RuntimeException why, boolean lasts) {
        if (lasts) {
            failure.set(why); // before the takers are looked at: who comes now sees one or the other
        }
        for (Taker taker = takers.poll(); taker != null; taker = takers.poll()) {
            if (taker.message.completeExceptionally(why)) {
                failure.compareAndSet(why, null);
            }
        }
    }

    @Override
    public void touch() {
        activeNanos = environment.nanos();
    }

    // --- what the user calls

    @Override
    public Message next() {
        return take(null).orElseThrow(() -> RejectedException.closed("The consumer"));
    }

    @Override
    public Optional<Message> next(Duration timeout) {
        return take(timeout).map(m -> m);
    }

    private Optional<Delivered> take(@Nullable Duration timeout) {
        commitPrevious();
        touch();
        Taker taker = new Taker();
        takers.add(taker);
        Optional<Delivered> taken;
        try {
            taken = await(taker, timeout);
        } finally {
            takers.remove(taker);
            touch();
        }
        taken.ifPresent(message -> previous.put(Thread.currentThread(), message));
        return taken;
    }

    private Optional<Delivered> await(Taker taker, @Nullable Duration timeout) {
        RuntimeException why = failure.getAndSet(null);
        if (why != null && !taker.message.completeExceptionally(why)) {
            failure.compareAndSet(null, why); // it has a message already
        } else if (closed) {
            taker.message.complete(Optional.empty());
        }
        dispatcher.signal();
        if (timeout != null && !environment.await(taker.message, timeout)) {
            taker.message.complete(Optional.empty());
        }
        return environment.await(taker.message);
    }

    private void commitPrevious() {
        Delivered last = previous.remove(Thread.currentThread());
        if (autoCommit && last != null && !last.isAnswered()) {
            last.commit();
        }
    }

    @Override
    public Iterator<Message> iterator() {
        return new Iterator<>() {
            private @Nullable Message ready;

            @Override
            public boolean hasNext() {
                if (ready == null) {
                    ready = take(null).orElse(null);
                }
                return ready != null;
            }

            @Override
            public Message next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("the consumer is closed");
                }
                Message message = ready;
                ready = null;
                return Objects.requireNonNull(message);
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        for (Taker taker = takers.poll(); taker != null; taker = takers.poll()) {
            taker.message.complete(Optional.empty());
        }
        dispatcher.close(drain);
    }
}
