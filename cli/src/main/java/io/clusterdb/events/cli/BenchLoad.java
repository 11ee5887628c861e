package io.clusterdb.events.cli;

import io.clusterdb.events.Events;
import io.clusterdb.events.Producer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Publishes the events of a benchmark, from several threads, in one of two ways. Without a rate each thread publishes as
 * fast as it is let, and latency counts from the call. With a rate each event has its time, whatever became of those
 * before it, and latency counts from that time: what a stall makes late counts as late.
 *
 * @param topics that the events go to in turn
 * @param sync whether a thread waits for each answer before it goes on
 * @param rate events a second over all threads; 0 = as fast as they are let
 */
record BenchLoad(
        Events events,
        List<String> topics,
        BenchEvents payload,
        Producer producer,
        int threads,
        boolean sync,
        double rate) {
    private static final long LOOK_MILLIS = 100;
    private static final long SPIN_NANOS = 100_000;
    private static final long LONGEST_NANOS = 3_600_000_000_000L;

    /** @param latency in nanoseconds */
    record Result(long events, long nanos, Histogram latency) {
        double perSecond() {
            return events / (nanos / 1e9);
        }
    }

    /**
     * Publishes the events of numbers from {@code from} on and waits for all answers.
     *
     * @throws io.clusterdb.events.EventsException the first that an event was refused with
     */
    Result publish(long from, long count, Progress progress) {
        Run run = new Run(from, count);
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int first = i;
            workers.add(Thread.ofPlatform().daemon().name("bench-" + i).start(() -> run.work(first)));
        }
        run.awaitAnswers(progress);
        long nanos = System.nanoTime() - run.begun;
        progress.clear();
        for (Thread worker : workers) {
            join(worker);
        }
        return new Result(count, nanos, run.latency);
    }

    private static void join(Thread worker) {
        try {
            worker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Run {
        private final long from;
        private final long count;
        private final long begun = System.nanoTime();
        private final AtomicLong answered = new AtomicLong();
        private final CompletableFuture<Void> all = new CompletableFuture<>();
        private final Histogram latency = new ConcurrentHistogram(LONGEST_NANOS, 3);

        Run(long from, long count) {
            this.from = from;
            this.count = count;
            if (count == 0) {
                all.complete(null);
            }
        }

        void work(int first) {
            try {
                for (long i = first; i < count && !all.isDone(); i += threads) {
                    publish(i);
                }
            } catch (RuntimeException | Error e) {
                all.completeExceptionally(e);
            }
        }

        private void publish(long i) {
            var event = payload.event(from + i);
            String topic = topics.get((int) (i % topics.size()));
            long start = start(i);
            if (sync) {
                events.publish(topic, event, producer);
                answered(start);
                return;
            }
            events.publishAsync(topic, event, producer).whenComplete((published, failure) -> {
                if (failure == null) {
                    answered(start);
                } else {
                    all.completeExceptionally(failure);
                }
            });
        }

        /** When an event is, or was, to be published. */
        private long start(long i) {
            if (rate == 0) {
                return System.nanoTime();
            }
            long intended = begun + (long) (i / rate * 1e9);
            for (long rest = intended - System.nanoTime(); rest > 0; rest = intended - System.nanoTime()) {
                if (rest > SPIN_NANOS) {
                    LockSupport.parkNanos(rest - SPIN_NANOS);
                } else {
                    Thread.onSpinWait();
                }
            }
            return intended;
        }

        private void answered(long start) {
            latency.recordValue(Math.clamp(System.nanoTime() - start, 0, LONGEST_NANOS));
            if (answered.incrementAndGet() == count) {
                all.complete(null);
            }
        }

        void awaitAnswers(Progress progress) {
            while (true) {
                try {
                    all.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    return;
                } catch (TimeoutException e) {
                    progress.show(answered.get(), answered.get());
                } catch (ExecutionException e) {
                    throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
        }
    }
}
