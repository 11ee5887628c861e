package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the events of a subscription are handled.
 *
 * @param concurrency handlers at a time; when pulling, messages unanswered at a time; 1 to 10,000
 * @param batchSize events fetched ahead per handler, and the most that a batch handler gets; 1 to
 *     100,000
 * @param timeout without an answer for so long, a delivery has failed; 1 ms or more
 * @param deadLetters the topic of dead letters; null = {@code <group>.dlq}
 * @param afterDeadLetter what becomes of the later events of a dead letter's key
 */
public record Processor(
        int concurrency,
        int batchSize,
        Duration timeout,
        RetryPolicy retry,
        Ordering ordering,
        @Nullable String deadLetters,
        AfterDeadLetter afterDeadLetter) {
    public static final Processor DEFAULT = new Processor(
            1, 100, Duration.ofSeconds(30), RetryPolicy.DEFAULT, Ordering.KEY, null, AfterDeadLetter.FLOW);

    public Processor {
        if (concurrency < 1 || concurrency > 10_000) {
            throw RejectedException.invalid("subscription", "concurrency", concurrency, "1 to 10,000");
        }
        if (batchSize < 1 || batchSize > 100_000) {
            throw RejectedException.invalid("subscription", "batchSize", batchSize, "1 to 100,000");
        }
        if (timeout.toMillis() < 1) {
            throw RejectedException.invalid("subscription", "timeout", timeout, "1 ms or more");
        }
        if (deadLetters != null) {
            Topic.checkName(deadLetters);
        }
    }

    public Processor concurrency(int value) {
        return new Processor(value, batchSize, timeout, retry, ordering, deadLetters, afterDeadLetter);
    }

    public Processor batchSize(int value) {
        return new Processor(concurrency, value, timeout, retry, ordering, deadLetters, afterDeadLetter);
    }

    public Processor timeout(Duration value) {
        return new Processor(concurrency, batchSize, value, retry, ordering, deadLetters, afterDeadLetter);
    }

    public Processor retry(RetryPolicy value) {
        return new Processor(concurrency, batchSize, timeout, value, ordering, deadLetters, afterDeadLetter);
    }

    public Processor ordering(Ordering value) {
        return new Processor(concurrency, batchSize, timeout, retry, value, deadLetters, afterDeadLetter);
    }

    public Processor deadLetters(String topic) {
        return new Processor(concurrency, batchSize, timeout, retry, ordering, topic, afterDeadLetter);
    }

    public Processor afterDeadLetter(AfterDeadLetter value) {
        return new Processor(concurrency, batchSize, timeout, retry, ordering, deadLetters, value);
    }
}
