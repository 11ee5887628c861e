package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to publish: settings, no connection. Publishing is always idempotent: a retry neither duplicates nor reorders.
 * Events of one key keep their order among publishes with equal settings.
 *
 * @param acks when publish is answered
 * @param compression null = the topic's
 * @param retries of a write that could not be done, such as on a full disk, within the delivery time-out
 * @param deliveryTimeout from publish to its answer, retries included; above zero
 * @param batchSize a batch is closed when it has this size, 1 byte to 64 MiB; an event above it goes alone
 * @param linger how long a batch waits for more events. Zero, the default, still groups what arrives while the group
 *     before it is being written; below the delivery time-out
 * @param maxInFlight bytes published and not yet answered, batchSize or more; at the limit, publish waits
 */
public record Producer(
        Acks acks,
        @Nullable Compression compression,
        int retries,
        Duration deliveryTimeout,
        ByteSize batchSize,
        Duration linger,
        ByteSize maxInFlight) {
    private static final Producer DEFAULTS = new Producer(
            Acks.ALL,
            null,
            Integer.MAX_VALUE,
            Duration.ofSeconds(120),
            ByteSize.bytes(16_384),
            Duration.ZERO,
            ByteSize.mib(32));

    public Producer {
        if (retries < 0) {
            throw RejectedException.invalid("producer", "retries", retries, "0 or more");
        }
        if (deliveryTimeout.isNegative() || deliveryTimeout.isZero()) {
            throw RejectedException.invalid("producer", "deliveryTimeout", deliveryTimeout, "above zero");
        }
        if (linger.isNegative() || linger.compareTo(deliveryTimeout) >= 0) {
            throw RejectedException.invalid(
                    "producer", "linger", linger, "zero to the deliveryTimeout of " + deliveryTimeout);
        }
        if (batchSize.bytes() < 1 || batchSize.bytes() > 64 << 20) {
            throw RejectedException.invalid("producer", "batchSize", batchSize, "1 byte to 64MiB");
        }
        if (maxInFlight.bytes() < batchSize.bytes()) {
            throw RejectedException.invalid(
                    "producer", "maxInFlight", maxInFlight, "the batchSize of " + batchSize + " or more");
        }
    }

    public static Producer defaults() {
        return DEFAULTS;
    }

    public Producer withAcks(Acks value) {
        return new Producer(value, compression, retries, deliveryTimeout, batchSize, linger, maxInFlight);
    }

    public Producer withCompression(Compression value) {
        return new Producer(acks, value, retries, deliveryTimeout, batchSize, linger, maxInFlight);
    }

    public Producer withRetries(int value) {
        return new Producer(acks, compression, value, deliveryTimeout, batchSize, linger, maxInFlight);
    }

    public Producer withDeliveryTimeout(Duration value) {
        return new Producer(acks, compression, retries, value, batchSize, linger, maxInFlight);
    }

    public Producer withBatchSize(ByteSize value) {
        return new Producer(acks, compression, retries, deliveryTimeout, value, linger, maxInFlight);
    }

    public Producer withLinger(Duration value) {
        return new Producer(acks, compression, retries, deliveryTimeout, batchSize, value, maxInFlight);
    }

    public Producer withMaxInFlight(ByteSize value) {
        return new Producer(acks, compression, retries, deliveryTimeout, batchSize, linger, value);
    }
}
