package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What was published to a topic within its window, by id: digests and a place, about 130 bytes for an event whatever its
 * size. Oldest first, and what is too old is dropped with the next claim. To be used under the topic's lock.
 */
final class RecentIds {
    private static final String TIME = "ce_time";
    private static final String ID = "ce_id";

    private final Map<Claim, Claim> claims = new LinkedHashMap<>();
    private long windowNanos;

    RecentIds(long windowNanos) {
        this.windowNanos = windowNanos;
    }

    long windowNanos() {
        return windowNanos;
    }

    void window(long nanos) {
        windowNanos = nanos;
    }

    /** An id that was published, or is being published. Equal to others of the same id. */
    static final class Claim {
        private final long high;
        private final long low;
        private final long nanos;
        private long content;
        private long time;
        private boolean compared;
        private int partition = -1;
        private long offset = -1;
        private boolean durable;
        private @Nullable Undecided undecided;

        private Claim(Bytes id, long nanos) {
            MessageDigest sha = sha256();
            sha.update(id.buffer());
            ByteBuffer digest = ByteBuffer.wrap(sha.digest());
            this.high = digest.getLong();
            this.low = digest.getLong();
            this.nanos = nanos;
        }

        /** Whether its content is known: of what was read at a start it is found out when somebody asks. */
        boolean isComparable() {
            return compared;
        }

        /** Takes note of its content: all of the record but id and time; and, apart, the time. */
        void compare(@Nullable Bytes key, @Nullable Bytes value, Headers headers) {
            MessageDigest digest = sha256();
            update(digest, key);
            update(digest, value);
            for (Headers.Header header : headers) {
                Bytes content = header.value();
                if (header.name().equals(TIME)) {
                    time = content == null ? 0 : content.hashCode();
                } else if (!header.name().equals(ID)) {
                    update(digest, Bytes.utf8(header.name()));
                    update(digest, content);
                }
            }
            content = ByteBuffer.wrap(digest.digest()).getLong();
            compared = true;
        }

        /** Null when it is decided. */
        @Nullable
        Undecided undecided() {
            return undecided;
        }

        void undecided(Undecided pending) {
            undecided = pending;
        }

        /** It is there. */
        void settle(Appended where, boolean synced) {
            partition = where.partition().partition();
            offset = where.offset();
            durable = synced;
            undecided = null;
        }

        Appended place(String topic) {
            return new Appended(new TopicPartition(topic, partition), offset);
        }

        boolean isDurable() {
            return durable;
        }

        /** @param timed whether the time was given by who published, and so is part of what must be the same */
        boolean hasContentOf(Claim other, boolean timed) {
            return content == other.content && (!timed || time == other.time);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Claim c && c.high == high && c.low == low;
        }

        @Override
        public int hashCode() {
            return (int) low;
        }
    }

    /**
     * Being published.
     *
     * @param answer where it is, when that is known
     * @param transaction which decides; null when it is published by itself
     */
    record Undecided(
            CompletableFuture<Appended> answer, @Nullable Object transaction) {}

    /** A claim for a record, without its content; null for one that carries no id. */
    static @Nullable Claim claim(Headers headers, long nanos) {
        Bytes id = headers.last(ID);
        return id == null ? null : new Claim(id, nanos);
    }

    /** A claim for a record of an event, with its content. */
    static Claim claim(NewRecord record, long nanos) {
        Claim claim = Objects.requireNonNull(claim(record.headers(), nanos));
        claim.compare(record.key(), record.value(), record.headers());
        return claim;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** With its length, so that the parts can't be cut elsewhere. */
    private static void update(MessageDigest digest, @Nullable Bytes part) {
        int length = part == null ? -1 : part.length();
        digest.update(new byte[] {(byte) (length >> 24), (byte) (length >> 16), (byte) (length >> 8), (byte) length});
        if (part != null) {
            digest.update(part.buffer());
        }
    }

    /** Puts a claim, unless there is one for the id within the window: that is returned then. */
    @Nullable
    Claim putIfAbsent(Claim claim) {
        expire(claim.nanos);
        Claim there = claims.putIfAbsent(claim, claim);
        if (there == null || !isOver(there, claim.nanos)) {
            return there;
        }
        claims.remove(there);
        claims.put(claim, claim);
        return null;
    }

    /** From the front; after a start the order is that of each partition, so that some stay longer. They do no harm. */
    private void expire(long now) {
        List<Claim> undecided = new ArrayList<>(0);
        Iterator<Claim> oldest = claims.keySet().iterator();
        for (Claim claim = next(oldest); claim != null && now - claim.nanos > windowNanos; claim = next(oldest)) {
            oldest.remove();
            if (claim.undecided != null) {
                undecided.add(claim);
            }
        }
        undecided.forEach(claim -> claims.put(claim, claim)); // at the end, where it holds up no others
    }

    private static @Nullable Claim next(Iterator<Claim> claims) {
        return claims.hasNext() ? claims.next() : null;
    }

    private boolean isOver(Claim claim, long now) {
        return claim.undecided == null && now - claim.nanos > windowNanos;
    }

    @SuppressWarnings("ReferenceEquality") // claims of one id are equal
    void remove(Claim claim) {
        if (claims.get(claim) == claim) { // and not another's of the same id
            claims.remove(claim);
        }
    }

    int size() {
        return claims.size();
    }
}
