package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Environment;
import java.util.UUID;

/** UUIDs of version 7 (RFC 9562): the milliseconds of the clock, then 74 random bits. */
final class EventIds {
    private final Environment environment;

    EventIds(Environment environment) {
        this.environment = environment;
    }

    String next() {
        long high = environment.millis() << 16 | 0x7000 | environment.random().nextInt(0x1000);
        long low = environment.random().nextLong() >>> 2 | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}
