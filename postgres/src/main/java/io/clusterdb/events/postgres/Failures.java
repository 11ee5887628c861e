package io.clusterdb.events.postgres;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What PostgreSQL's errors are to a caller of Events, told by their SQLSTATE. */
final class Failures {
    /** Raised by the functions of a store: a document is not what it was. */
    static final String DOCUMENT_CHANGED = "EV001";

    /** Raised by the functions of a store: other projections are inline than an append has reckoned with. */
    private static final String OTHER_INLINE = "EV002";

    private Failures() {}

    private static String state(SQLException failure) {
        String state = failure.getSQLState();
        return state == null ? "" : state;
    }

    /** Whether the connection is lost, and with it the answer. */
    static boolean isBroken(SQLException failure) {
        String state = state(failure);
        return state.startsWith("08") || state.equals("57P01") || state.equals("57P02") || state.equals("57P03");
    }

    /** Whether others had the keys, or waited for each other: nothing was done, and it may go well the next time. */
    static boolean isRace(SQLException failure) {
        return state(failure).equals("23505") || isOvertaken(failure);
    }

    /** Whether the transaction was given up so that others go on. */
    static boolean isOvertaken(SQLException failure) {
        String state = state(failure);
        return state.equals("40001") || state.equals("40P01");
    }

    /** Whether an earlier statement of the transaction has failed, and with it all of it: that one says why. */
    static boolean isConsequence(SQLException failure) {
        return state(failure).equals("25P02");
    }

    /** Whether the role of the session may not do this. */
    static boolean isForbidden(SQLException failure) {
        return state(failure).equals("42501");
    }

    static boolean isDocumentChanged(SQLException failure) {
        return state(failure).equals(DOCUMENT_CHANGED);
    }

    static boolean isOtherInline(SQLException failure) {
        return state(failure).equals(OTHER_INLINE);
    }

    /** Whether it comes from what else the server does, so that the same statements may go well the next time. */
    static boolean isPassing(SQLException failure) {
        String state = state(failure);
        return isBroken(failure)
                || state.startsWith("40")
                || state.startsWith("53")
                || state.equals("55P03")
                || state.startsWith("57");
    }

    /** What PostgreSQL says in the detail of an error that a store's function has raised; null = nothing. */
    static @Nullable String detail(SQLException raised) {
        ServerErrorMessage message = raised instanceof PSQLException e ? e.getServerErrorMessage() : null;
        return message == null ? null : message.getDetail();
    }

    /** The failure of something that was not done. */
    static EventsException of(String store, SQLException failure) {
        String why = "PostgreSQL answers: " + failure.getMessage() + " (SQLSTATE " + failure.getSQLState() + ")";
        String state = state(failure);
        if (state.startsWith("22") || state.startsWith("54")) {
            return new RejectedException(
                    new Problem(
                            ErrorCode.BAD_VALUE,
                            "PostgreSQL can't keep this in event store " + store,
                            why,
                            "Give values that it can keep: texts without NUL, times up to the year 9999"),
                    failure);
        }
        return UnavailableException.store(store, why, failure);
    }
}
