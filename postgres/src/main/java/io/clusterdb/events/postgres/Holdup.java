package io.clusterdb.events.postgres;

import io.clusterdb.events.spi.Environment;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which transaction keeps stored events from getting positions: as long as an older one is running, it could
 * store something that comes before them. Says so when it takes long, and again every minute.
 */
final class Holdup {
    private static final Logger LOG = LoggerFactory.getLogger(Holdup.class);
    private static final long BETWEEN_LOOKS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONG = TimeUnit.SECONDS.toNanos(5);
    private static final long BETWEEN_WORDS = TimeUnit.MINUTES.toNanos(1);

    /** The oldest transaction that is running, where stored events wait for it. PostgreSQL shows 32 bits of its number. */
    private static final String HOLDER = "select 'transaction ' || o.xid || ' of ' || coalesce("
            + " (select 'the server process with pid ' || a.pid || ' (' || concat_ws(', ', a.usename, a.datname,"
            + " nullif(a.application_name, ''), a.state) || ') since ' || a.xact_start from pg_stat_activity a"
            + " where a.backend_xid = o.xid::xid),"
            + " (select 'a prepared transaction, gid ' || p.gid || ', since ' || p.prepared from pg_prepared_xacts p"
            + " where p.transaction = o.xid::xid),"
            + " 'somebody whom this user may not see')"
            + " from (select pg_snapshot_xmin(pg_current_snapshot()) as xid) o"
            + " where exists (select from $.events e where e.xid >= o.xid)";

    private final Pool pool;
    private final Environment environment;
    private volatile @Nullable String holder;
    private long since;
    private long looked;
    private long said;

    Holdup(Pool pool, Environment environment) {
        this.pool = pool;
        this.environment = environment;
        this.looked = environment.nanos() - BETWEEN_LOOKS;
    }

    /** Which transaction it is, of whom and since when; null when stored events wait for none. */
    @Nullable
    String holder() {
        return holder;
    }

    /** Called when there was no position to give. */
    void look(Connection connection) throws SQLException {
        long now = environment.nanos();
        if (now - looked < BETWEEN_LOOKS) {
            return;
        }
        looked = now;
        String found = ask(connection);
        if (found == null || holder == null) {
            since = now;
            said = now - BETWEEN_WORDS;
        }
        holder = found;
        if (found != null && now - since >= LONG && now - said >= BETWEEN_WORDS) {
            said = now;
            LOG.warn(
                    "Stored events of store {} wait for their positions: {} is still running. End it if nobody does",
                    pool.store(),
                    found);
        }
    }

    private @Nullable String ask(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(pool.sql(HOLDER))) {
            return row.next() ? row.getString(1) : null;
        }
    }
}
