package io.clusterdb.events;

/**
 * What must be true of an aggregate's stream for an append to happen. A value.
 *
 * @param kind of condition
 * @param version of the last event; given for {@link Kind#EXACT}, 0 otherwise
 */
public record ExpectedVersion(Kind kind, long version) {
    private static final ExpectedVersion ANY = new ExpectedVersion(Kind.ANY, 0);
    private static final ExpectedVersion NO_STREAM = new ExpectedVersion(Kind.NO_STREAM, 0);
    private static final ExpectedVersion STREAM_EXISTS = new ExpectedVersion(Kind.STREAM_EXISTS, 0);

    /** The kinds of conditions. */
    public enum Kind {
        EXACT,
        ANY,
        NO_STREAM,
        STREAM_EXISTS
    }

    public ExpectedVersion {
        if (version < 0) {
            throw RejectedException.invalid("expected version", "version", version, "0 or more");
        }
    }

    /** The last event has that version; 0 as {@link #noStream}. */
    public static ExpectedVersion exact(long version) {
        return version == 0 ? NO_STREAM : new ExpectedVersion(Kind.EXACT, version);
    }

    /** Whatever there is. */
    public static ExpectedVersion any() {
        return ANY;
    }

    /** The aggregate has no event yet. */
    public static ExpectedVersion noStream() {
        return NO_STREAM;
    }

    /** The aggregate has an event. */
    public static ExpectedVersion streamExists() {
        return STREAM_EXISTS;
    }

    /** @param actual version of the last event, 0 when there is none */
    public boolean holds(long actual) {
        return switch (kind) {
            case EXACT -> actual == version;
            case ANY -> true;
            case NO_STREAM -> actual == 0;
            case STREAM_EXISTS -> actual > 0;
        };
    }

    @Override
    public String toString() {
        return switch (kind) {
            case EXACT -> "version " + version;
            case ANY -> "any version";
            case NO_STREAM -> "no event";
            case STREAM_EXISTS -> "at least one event";
        };
    }
}
