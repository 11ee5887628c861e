package io.clusterdb.events.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Message DB: functions of PostgreSQL, of which one writes a message. Each writer has a category of its own. */
final class MessageDbStore implements StoreSide {
    private static final String SCHEMA = "message_store";

    /** In the order of its own installation, without what only grants rights. */
    private static final List<String> SCRIPTS = List.of("schema", "tables", "types", "functions", "indexes");

    private final HikariDataSource pool;
    private int writers;

    MessageDbStore(Settings settings) throws IOException, SQLException {
        pool = BareStore.pool(settings, null);
        Path scripts = Path.of(settings.text("message-db"));
        BareStore.execute(pool, "drop schema if exists " + SCHEMA + " cascade");
        BareStore.execute(pool, "set check_function_bodies = off");
        for (String folder : SCRIPTS) {
            try (Stream<Path> files = Files.list(scripts.resolve(folder))) {
                for (Path file : files.sorted().toList()) {
                    BareStore.execute(
                            pool,
                            "set search_path = " + SCHEMA + ", public; set check_function_bodies = off; "
                                    + Files.readString(file));
                }
            }
        }
    }

    @Override
    public Writer writer() throws SQLException {
        Connection connection = pool.getConnection();
        connection.setSchema(SCHEMA);
        connection.setAutoCommit(false);
        PreparedStatement statement =
                connection.prepareStatement("select write_message(?, ?, ?, ?::jsonb, ?::jsonb, ?)");
        String category = AGGREGATE + writers++;
        return new Writer() {
            @Override
            public void append(String aggregate, long version, int order, int count) throws SQLException {
                for (int n = 0; n < count; n++) {
                    statement.setString(1, UUID.randomUUID().toString());
                    statement.setString(2, category + "-" + aggregate);
                    statement.setString(3, EVENT);
                    statement.setString(4, BareStore.json(order + n));
                    statement.setString(5, "{\"" + METADATA + "\":\"" + CORRELATION + "\"}");
                    statement.setLong(6, version - 2 + n); // its positions begin at 0
                    statement.execute();
                }
                connection.commit();
            }

            @Override
            public void close() throws SQLException {
                connection.close();
            }
        };
    }

    @Override
    public void close() {
        pool.close();
    }
}
