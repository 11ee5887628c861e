package io.clusterdb.events.cli;

import java.util.Locale;

/** How results are written. */
enum OutputFormat {
    TABLE,
    JSON,
    YAML;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
