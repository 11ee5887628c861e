package io.clusterdb.events;

import org.jspecify.annotations.Nullable;

/** Stored bytes are not what was written: stop, and do not write. */
public final class CorruptionException extends EventsException {
    public CorruptionException(Problem problem) {
        this(problem, null);
    }

    public CorruptionException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static CorruptionException found(String where, String why, @Nullable Throwable cause) {
        return new CorruptionException(
                new Problem(
                        ErrorCode.CORRUPT,
                        "Stored data is damaged: " + where,
                        why,
                        "Stop using this folder and restore it from a backup or a copy; nothing was repaired"),
                cause);
    }

    public static CorruptionException unknownFormat(String where, String found, String expected) {
        return new CorruptionException(new Problem(
                ErrorCode.UNKNOWN_FORMAT,
                where + " is written in a format this version does not know",
                "found " + found + ", expected " + expected,
                "Open it with the version that wrote it, or a newer one"));
    }
}
