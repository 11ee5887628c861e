package io.clusterdb.events.postgres;

import io.clusterdb.events.RejectedException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The connection of a transaction as a projection gets it: it can do all but end the transaction. */
final class UserConnection {
    /** What would end the transaction, or lead to the connection as it is. */
    private static final Set<String> REFUSED = Set.of(
            "commit",
            "close",
            "abort",
            "setAutoCommit",
            "setReadOnly",
            "setTransactionIsolation",
            "setSchema",
            "setCatalog",
            "setNetworkTimeout",
            "beginRequest",
            "endRequest",
            "unwrap");

    private final Connection connection;
    private final Connection proxy;
    private volatile @Nullable SQLException failure;
    private volatile boolean ended;

    UserConnection(Connection connection) {
        this.connection = connection;
        this.proxy = proxy(Connection.class, (self, method, arguments) -> call(method, arguments));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    Connection proxy() {
        return proxy;
    }

    /** Why the last statement failed that did, whatever its function makes of it; null = none has. */
    @Nullable
    SQLException failure() {
        return failure;
    }

    /** What has failed until now is taken back, or has done no harm. */
    void forgetFailure() {
        failure = null;
    }

    /** Nothing can be done with it any more. */
    void end() {
        ended = true;
    }

    private @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
        String name = method.getName();
        boolean rollsBackAll = name.equals("rollback") && arguments == null;
        if (ended || REFUSED.contains(name) || rollsBackAll) {
            throw RejectedException.engine(
                    "Connection." + name + " is not for a projection",
                    ended
                            ? "the transaction has ended, and with it the use of its connection"
                            : "the transaction is that of the events and documents, which end it together",
                    ended ? "Ask for it again at each event: ProjectionContext.unwrap" : "Throw to have it undone");
        }
        @Nullable Object result = invoke(connection, method, arguments);
        if (name.equals("rollback")) {
            forgetFailure();
        }
        return switch (result) {
            case CallableStatement statement -> noting(CallableStatement.class, statement);
            case PreparedStatement statement -> noting(PreparedStatement.class, statement);
            case Statement statement -> noting(Statement.class, statement);
            case null, default -> result;
        };
    }

    /** A statement whose failures are noted. */
    private <S extends Statement> S noting(Class<S> type, S statement) {
        return proxy(
                type,
                (self, method, arguments) ->
                        method.getName().equals("getConnection") ? proxy : invoke(statement, method, arguments));
    }

    private @Nullable Object invoke(Object on, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SQLException cause && !Failures.isConsequence(cause)) {
                failure = cause;
            }
            throw e.getCause() == null ? e : e.getCause();
        }
    }
}
