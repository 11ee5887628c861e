package io.clusterdb.events.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The rows of an input, one after the other. */
interface Rows {
    /** The next one; null at the end. */
    @Nullable
    Row next() throws IOException;
}
