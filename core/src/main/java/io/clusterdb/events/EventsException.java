package io.clusterdb.events;

import org.jspecify.annotations.Nullable;

/** Something Events could not do. The subtypes are what a caller can do next, not which component failed. */
public abstract sealed class EventsException extends RuntimeException
        permits ConflictException,
                NotFoundException,
                RejectedException,
                UnavailableException,
                OutcomeUnknownException,
                CorruptionException {
    private final Problem problem;

    EventsException(Problem problem, @Nullable Throwable cause) {
        super(problem.toString(), cause);
        this.problem = problem;
    }

    public final Problem problem() {
        return problem;
    }

    public final ErrorCode code() {
        return problem.code();
    }
}
