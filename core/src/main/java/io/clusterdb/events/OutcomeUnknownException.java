package io.clusterdb.events;

import org.jspecify.annotations.Nullable;

/** It may have happened: read back before retrying. */
public final class OutcomeUnknownException extends EventsException {
    public OutcomeUnknownException(Problem problem) {
        this(problem, null);
    }

    public OutcomeUnknownException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static OutcomeUnknownException write(String what, Throwable cause) {
        return new OutcomeUnknownException(
                new Problem(
                        ErrorCode.OUTCOME_UNKNOWN,
                        what + " may or may not have been stored",
                        String.valueOf(cause.getMessage()),
                        "Open again and read back before you repeat it"),
                cause);
    }
}
