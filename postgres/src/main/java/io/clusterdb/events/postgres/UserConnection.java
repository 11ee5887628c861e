package io.clusterdb.events.postgres;

import io.clusterdb.events.RejectedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
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
    private volatile boolean ended;

    UserConnection(Connection connection) {
        this.connection = connection;
        this.proxy = (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (self, method, arguments) -> call(method, arguments));
    }

    Connection proxy() {
        return proxy;
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
        try {
            return method.invoke(connection, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }
}
