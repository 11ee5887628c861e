package io.clusterdb.events.spi;

import java.util.UUID;

/** Ids of events: UUIDs of version 7 (RFC 9562), the milliseconds of the clock, then 74 random bits. Thread-safe. */
public final class EventIds {
    private final Environment environment;

    public EventIds(Environment environment) {
        this.environment = environment;
    }

    public String next() {
        long high = environment.millis() << 16 | 0x7000 | environment.random().nextInt(0x1000);
        long low = environment.random().nextLong() >>> 2 | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}
