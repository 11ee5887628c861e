package io.clusterdb.events.broker;

import io.clusterdb.events.spi.TopicPartition;

/**
 * A partition that a member holds, with what has become of its events. Touched by the dispatcher's thread only, but for
 * {@link #isGone}.
 */
final class Assigned {
    private final TopicPartition partition;
    private final Delivery delivery;
    private boolean revoked;
    private boolean paused;
    private volatile boolean gone;

    Assigned(TopicPartition partition, Delivery delivery) {
        this.partition = partition;
        this.delivery = delivery;
    }

    TopicPartition partition() {
        return partition;
    }

    Delivery delivery() {
        return delivery;
    }

    /** Nothing more is read or handed out: it goes back when what is out has been answered. */
    boolean isRevoked() {
        return revoked;
    }

    void revoke() {
        revoked = true;
    }

    /** Nothing is read for now. */
    boolean isPaused() {
        return paused;
    }

    void pause(boolean value) {
        paused = value;
    }

    /** It is somebody else's: what is still said about it is too late. */
    boolean isGone() {
        return gone;
    }

    void lose() {
        gone = true;
    }
}
