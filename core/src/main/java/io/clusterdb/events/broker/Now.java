package io.clusterdb.events.broker;

import io.clusterdb.events.spi.Environment;

/** Where time stands: by the calendar, and by a clock that never goes back. */
record Now(long millis, long nanos) {
    static Now of(Environment environment) {
        return new Now(environment.millis(), environment.nanos());
    }
}
