package io.clusterdb.events.postgres;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Where a store is asked: any connection of its pool, or the one of a transaction. */
interface Session {
    /** What is done with a statement. */
    interface Work<T> {
        T on(PreparedStatement statement) throws SQLException;
    }

    /** SQL from what has {@code $.} for the schema. */
    String sql(String template);

    <T> T ask(String sql, Work<T> work);
}
