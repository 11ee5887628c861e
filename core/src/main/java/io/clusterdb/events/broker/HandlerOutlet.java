package io.clusterdb.events.broker;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.AfterDeadLetter;
import io.clusterdb.events.BatchHandler;
import io.clusterdb.events.Disposition;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Handler;
import io.clusterdb.events.Message;
import io.clusterdb.events.Processor;
import io.clusterdb.events.broker.Delivered.Answer;
import io.clusterdb.events.spi.Environment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls handlers, each run on a virtual thread of its own.
 *
 * <p>A run is as long as can be handled in about a millisecond, so that fast handlers share the cost of handing out, and
 * a crash counts as an attempt for no more than that.
 */
final class HandlerOutlet implements Outlet, ActiveSubscription {
    private static final Logger LOG = LoggerFactory.getLogger(HandlerOutlet.class);
    private static final long RUN_NANOS = 1_000_000;
    private static final long SIGNAL_NANOS = 100_000;
    private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();

    private final Dispatcher<?> dispatcher;
    private final Environment environment;
    private final Processor processor;
    private final @Nullable Handler handler;
    private final @Nullable BatchHandler batchHandler;
    private final Duration drain;
    private final Set<Run> running = ConcurrentHashMap.newKeySet();
    private volatile long nanosPerEvent = RUN_NANOS;
    private volatile @Nullable EventsException failure;

    HandlerOutlet(Dispatcher<?> dispatcher, Environment environment, Processor processor, Handler handler) {
        this(dispatcher, environment, processor, handler, null);
    }

    HandlerOutlet(Dispatcher<?> dispatcher, Environment environment, Processor processor, BatchHandler handler) {
        this(dispatcher, environment, processor, null, handler);
    }

    private HandlerOutlet(
            Dispatcher<?> dispatcher,
            Environment environment,
            Processor processor,
            @Nullable Handler handler,
            @Nullable BatchHandler batchHandler) {
        this.dispatcher = dispatcher;
        this.environment = environment;
        this.processor = processor;
        this.handler = handler;
        this.batchHandler = batchHandler;
        this.drain = processor.timeout();
    }

    @Override
    public int room(int taken, int leased) {
        return processor.concurrency() - running.size() - taken;
    }

    @Override
    public int runLength(int share) {
        if (batchHandler != null) {
            return processor.batchSize();
        }
        long quick = Math.clamp(RUN_NANOS / Math.max(1, nanosPerEvent), 1, processor.batchSize());
        return (int) Math.min(quick, share);
    }

    @Override
    public void give(List<Delivered> messages) {
        Run run = new Run(messages);
        running.add(run);
        run.job = environment.execute(run);
    }

    @Override
    public void expired(Entry entry) {
        for (Run run : running) {
            if (run.isAt(entry)) {
                run.abandon();
            }
        }
    }

    @Override
    public boolean isActive(long nowNanos) {
        return true;
    }

    @Override
    public void touch() {
        // Handlers make it active without this.
    }

    @Override
    public long restNanos() {
        return running.isEmpty() ? Long.MAX_VALUE : LOOK_NANOS;
    }

    @Override
    public void fail(RuntimeException why, boolean lasts) {
        if (why instanceof EventsException e) {
            failure = e;
        }
    }

    // --- what the user holds

    @Override
    public void pause() {
        dispatcher.pause(true);
    }

    @Override
    public void resume() {
        dispatcher.pause(false);
    }

    @Override
    public Optional<EventsException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public void close() {
        dispatcher.close(drain);
    }

    /** Events that are handled one after the other, or together by a batch handler. */
    private final class Run implements Runnable {
        private final List<Delivered> messages;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile int at;
        private Environment.@Nullable Job job;
        private long signalledNanos;

        Run(List<Delivered> messages) {
            this.messages = messages;
        }

        boolean isAt(Entry entry) {
            return batchHandler != null
                    ? messages.stream().anyMatch(m -> m.entry() == entry)
                    : messages.get(at).entry() == entry;
        }

        /** Its time is over: what it has not begun with goes to others, and what it still says is too late. */
        void abandon() {
            if (over.compareAndSet(false, true)) {
                running.remove(this);
                if (job != null) {
                    job.interrupt();
                }
                for (int i = at + 1; i < messages.size() && batchHandler == null; i++) {
                    dispatcher.answer(messages.get(i), new Answer.Released(), null);
                }
            }
        }

        @Override
        public void run() {
            long begun = environment.nanos();
            signalledNanos = begun;
            if (batchHandler == null) {
                handleEach();
            } else {
                handleAll(batchHandler);
            }
            if (over.compareAndSet(false, true)) {
                long perEvent = (environment.nanos() - begun) / messages.size();
                nanosPerEvent = (nanosPerEvent * 7 + perEvent) / 8;
                running.remove(this);
            }
            dispatcher.signal();
        }

        private void handleEach() {
            Set<Lane> failed = new HashSet<>(2);
            for (int i = 0; i < messages.size() && !over.get(); i++) {
                at = i;
                Delivered message = messages.get(i);
                Lane lane = message.entry().lane;
                if (lane != null && failed.contains(lane)) {
                    dispatcher.take(message, new Answer.Released(), null);
                    continue;
                }
                message.start(environment.nanos());
                Answer answer = call(message);
                if (lane != null && (holdsUp(answer) || holdsUp(message.said()))) {
                    failed.add(lane);
                }
                if (message.claimed()) {
                    dispatcher.take(message, answer, null);
                }
                signalNowAndThen();
            }
        }

        /** Whether what is behind it in its key has to wait. */
        private boolean holdsUp(@Nullable Answer answer) {
            return answer instanceof Answer.Failed
                    || (answer instanceof Answer.Terminated && processor.afterDeadLetter() == AfterDeadLetter.PARK);
        }

        private Answer call(Delivered message) {
            try {
                if (handler != null) {
                    handler.handle(message);
                }
                return new Answer.Done();
            } catch (Throwable thrown) {
                return answerTo(thrown, message);
            }
        }

        private void handleAll(BatchHandler all) {
            long now = environment.nanos();
            messages.forEach(m -> m.start(now));
            List<Message> given = new ArrayList<>(messages);
            @Nullable Throwable thrown = thrownBy(all, given);
            boolean isOfOne = thrown != null && messages.stream().anyMatch(m -> isUndecodable(thrown, m));
            if (isOfOne) {
                LOG.debug("One of {} messages can't be read; the others come again", messages.size(), thrown);
            }
            for (Delivered message : messages) {
                if (message.claimed()) {
                    dispatcher.take(message, answerTo(thrown, message, isOfOne), null);
                }
            }
        }

        /** @param isOfOne whether one of them can't be decoded: that is not the others' fault */
        private Answer answerTo(@Nullable Throwable thrown, Delivered message, boolean isOfOne) {
            if (thrown == null) {
                return new Answer.Done();
            }
            return isOfOne && !isUndecodable(thrown, message) ? new Answer.Released() : answerTo(thrown, message);
        }

        private Answer answerTo(Throwable thrown, Delivered message) {
            LOG.debug("{} failed", message, thrown);
            Failure why = Failure.of(thrown, environment.millis());
            return isUndecodable(thrown, message)
                    ? new Answer.Terminated(why, Disposition.UNDECODABLE)
                    : new Answer.Failed(why, null);
        }

        private static @Nullable Throwable thrownBy(BatchHandler all, List<Message> messages) {
            try {
                all.handle(messages);
                return null;
            } catch (Throwable thrown) {
                return thrown;
            }
        }

        /** Whether it says that the data of this event can't be read, and not those of any other. */
        private static boolean isUndecodable(Throwable thrown, Delivered message) {
            return thrown instanceof EventsException e
                    && e.code() == ErrorCode.UNDECODABLE
                    && e.problem().what().contains(" " + message.record().place() + " ");
        }

        private void signalNowAndThen() {
            long now = environment.nanos();
            if (now - signalledNanos > SIGNAL_NANOS) {
                signalledNanos = now;
                dispatcher.signal();
            }
        }
    }
}
