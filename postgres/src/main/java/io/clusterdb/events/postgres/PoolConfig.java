package io.clusterdb.events.postgres;

import io.clusterdb.events.RejectedException;
import java.time.Duration;

/**
 * How many connections a store keeps. A value. Each open store takes one more, for the order of its events, and another
 * one while projections run.
 *
 * @param minConnections that are kept when there is nothing to do, 0 or more
 * @param maxConnections that are used at once, 1 or more; further calls wait
 * @param timeout how long a call waits for a connection, 250 ms or more
 */
public record PoolConfig(int minConnections, int maxConnections, Duration timeout) {
    /** 2 to 10 connections; a call waits 10 seconds. */
    public static final PoolConfig DEFAULTS = new PoolConfig(2, 10);

    /** Lets a call wait 10 seconds. */
    public PoolConfig(int minConnections, int maxConnections) {
        this(minConnections, maxConnections, Duration.ofSeconds(10));
    }

    public PoolConfig {
        if (maxConnections < 1) {
            throw RejectedException.invalid("pool", "max connections", maxConnections, "1 or more");
        }
        if (minConnections < 0 || minConnections > maxConnections) {
            throw RejectedException.invalid("pool", "min connections", minConnections, "0 to " + maxConnections);
        }
        if (timeout.toMillis() < 250) {
            throw RejectedException.invalid("pool", "timeout", timeout, "250 ms or more");
        }
    }
}
