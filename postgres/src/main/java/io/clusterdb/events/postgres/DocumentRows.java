package io.clusterdb.events.postgres;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Changes of documents as the arrays that {@code change_documents} takes, in the one order in which all lock them. */
final class DocumentRows {
    static final String CHANGE = "select $.change_documents(?,?,?,?,?)::text";

    private final List<DocumentChange> changes;

    DocumentRows(List<DocumentChange> given) {
        changes = new ArrayList<>(given);
        changes.sort(Comparator.comparing(DocumentChange::collection).thenComparing(DocumentChange::key));
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    /** Gives a statement its parameters, from a number on. */
    void set(PreparedStatement statement, int first) throws SQLException {
        Connection connection = statement.getConnection();
        statement.setArray(first, connection.createArrayOf("text", column(DocumentChange::collection, String[]::new)));
        statement.setArray(first + 1, connection.createArrayOf("text", column(DocumentChange::key, String[]::new)));
        statement.setArray(first + 2, connection.createArrayOf("bytea", column(c -> bytes(c.value()), byte[][]::new)));
        statement.setArray(
                first + 3, connection.createArrayOf("bool", column(DocumentChange::ifUnchanged, Boolean[]::new)));
        statement.setArray(first + 4, connection.createArrayOf("bytea", column(c -> bytes(c.before()), byte[][]::new)));
    }

    private <T> T[] column(Function<DocumentChange, @Nullable T> value, java.util.function.IntFunction<T[]> array) {
        return changes.stream().map(value).toArray(array);
    }

    private static byte @Nullable [] bytes(@Nullable Bytes value) {
        return value == null ? null : value.toArray();
    }

    /** The conflict that PostgreSQL has raised. */
    ConflictException conflict(SQLException raised) {
        String detail = Failures.detail(raised);
        DocumentChange change = changes.get(detail == null ? 0 : Integer.parseInt(detail) - 1);
        return ConflictException.documentChanged(change.collection(), change.key());
    }
}
