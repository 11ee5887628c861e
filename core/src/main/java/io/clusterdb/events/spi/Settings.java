package io.clusterdb.events.spi;

import io.clusterdb.events.ByteSize;
import java.nio.file.Path;

/**
 * A part of a text configuration. Nothing here throws: a value that is missing or not allowed is recorded as a fault,
 * and one that is allowed is returned in its place, so that all faults of a file are found at once. What was made with
 * faults is dropped. A key that is never asked for is a fault too.
 */
public interface Settings {
    /** Whether the key is there. */
    boolean has(String key);

    /** @param fallback when the key is not there */
    String text(String key, String fallback);

    /**
     * A text that must be there.
     *
     * @param allowed what it says, for the fault
     * @param example what is returned when it is not there
     */
    String required(String key, String allowed, String example);

    /**
     * A whole number.
     *
     * @param fallback when the key is not there
     * @param min the smallest one allowed, {@code max} the largest
     */
    int integer(String key, int fallback, int min, int max);

    boolean flag(String key, boolean fallback);

    /**
     * A size.
     *
     * @param fallback when the key is not there
     * @param min the smallest one allowed, {@code max} the largest
     */
    ByteSize size(String key, ByteSize fallback, ByteSize min, ByteSize max);

    /** A path that must be there. */
    Path path(String key);

    /** A part of this part; an empty one when the key is not there. */
    Settings section(String key);
}
