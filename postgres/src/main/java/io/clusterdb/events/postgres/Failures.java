package io.clusterdb.events.postgres;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import java.sql.SQLException;

/** What PostgreSQL's errors are to a caller of Events, told by their SQLSTATE. */
final class Failures {
    /** Raised by the functions of a store: a document is not what it was. */
    static final String DOCUMENT_CHANGED = "EV001";

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
        String state = state(failure);
        return state.equals("23505") || state.equals("40001") || state.equals("40P01");
    }

    static boolean isDocumentChanged(SQLException failure) {
        return state(failure).equals(DOCUMENT_CHANGED);
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
