package io.clusterdb.events.postgres;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.postgres.GroupCommit.Sent;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.StoreEngine.Stored;
import io.clusterdb.events.spi.StoreEngine.StreamHead;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Stores events in one call to the server. Only when that does not go well it looks why: the same events may be stored
 * already, a stream may not be as expected, others may have been faster, or the answer was lost on its way.
 */
final class Appending {
    /** Others were faster each time: each of these times somebody's append went well. */
    private static final int MAX_ATTEMPTS = 200;

    /** An append of more events than these is work enough for a call of its own. */
    private static final int MAX_GROUPED = 20;

    /** How long the server may take to come back and say what became of an append. */
    private static final Duration SETTLING = Duration.ofSeconds(15);

    private static final String APPEND = "select heads, mark from $.append(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    private static final String APPEND_INLINE =
            "select heads, mark from $.append_inline(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    private static final String HEADS = "select s.id, h.aggregate_type, h.version from unnest(?::text[]) s (id)"
            + " cross join lateral (select e.aggregate_type, e.version from $.events e where e.aggregate_id = s.id"
            + " order by e.version desc limit 1) h";
    private static final String STORED = "with wanted as (select * from"
            + " unnest(?::text[], ?::bigint[], ?::text[]) with ordinality w (id, version, event_id, place))"
            + " select " + EventRows.COLUMNS + ", null::bigint, e.ordinal, w.place from wanted w join $.events e"
            + " on e.aggregate_id = w.id and e.version = w.version where w.version > 0 union all"
            + " select " + EventRows.COLUMNS + ", null::bigint, e.ordinal, w.place from wanted w join $.events e"
            + " on e.aggregate_id = w.id and e.event_id = w.event_id and e.by_id where w.version = 0";

    private static final String GONE = "select not exists (select from pg_stat_activity where pid = ?"
            + " and backend_start < clock_timestamp() - ?::float8 * interval '1 second')";

    private final Pool pool;
    private final EventRows events;
    private final Environment environment;
    private final Runnable signal;
    private final GroupCommit groups = new GroupCommit(this::insert);

    /** @param signal called when something was stored */
    Appending(Pool pool, EventRows events, Environment environment, Runnable signal) {
        this.pool = pool;
        this.events = events;
        this.environment = environment;
        this.signal = signal;
    }

    /** What is stored and changed together, and the inline projections that were reckoned with. */
    private record Whole(Append append, String inline, List<DocumentChange> changes) {
        boolean isPlain() {
            return inline.isEmpty() && changes.isEmpty();
        }
    }

    Stored append(Append append, String inline, List<DocumentChange> changes) {
        Whole whole = new Whole(append, inline, changes);
        Attempt attempt = attempt(whole);
        for (int n = 0; n < MAX_ATTEMPTS; n++) {
            Stored stored = outcome(attempt.make(), whole);
            if (stored != null) {
                return stored;
            }
        }
        throw UnavailableException.store(
                pool.store(), "others were faster " + MAX_ATTEMPTS + " times in a row, with the same aggregates", null);
    }

    /**
     * Appends at the end of a transaction, which is then closed.
     *
     * @return null when nothing was done, as others were faster
     */
    @Nullable
    Stored finish(Connection connection, Append append, String inline, List<DocumentChange> changes) {
        Whole whole = new Whole(append, inline, changes);
        List<Sent> sent = send(connection, 1, open -> {
            AppendToken token = call(open, whole);
            if (token != null) {
                open.commit();
            }
            return Collections.singletonList(token);
        });
        return outcome(sent.get(0), whole);
    }

    /** @return null when nothing was stored, and nothing speaks against trying again */
    private @Nullable Stored outcome(Sent sent, Whole whole) {
        AppendToken token = sent.token();
        boolean isFirst = token != null;
        if (sent.failure() != null) {
            token = after(sent.failure(), sent.backend(), whole);
        }
        if (token == null) {
            token = known(whole.append);
        }
        if (token == null) {
            return null;
        }
        signal.run();
        return new Stored(token, isFirst);
    }

    /** Sends an append, and blocks. */
    private interface Attempt {
        Sent make();
    }

    /** The one statement that stores appends; null for one that it does not store: then it has to be looked why. */
    private interface Statement {
        List<@Nullable AppendToken> on(Connection connection) throws SQLException;
    }

    private Attempt attempt(Whole whole) {
        if (whole.isPlain() && StreamRows.fit(whole.append)) {
            StreamRows rows = new StreamRows(whole.append.events());
            return rows.events().size() > MAX_GROUPED
                    ? () -> insert(List.of(rows)).get(0)
                    : () -> together(rows);
        }
        return () -> send(pool.take(), 1, connection -> Collections.singletonList(call(connection, whole)))
                .get(0);
    }

    /** What fails in a group may be somebody else's failure. */
    private Sent together(StreamRows rows) {
        Sent sent = groups.send(rows);
        SQLException failure = sent.failure();
        return failure == null || Failures.isBroken(failure)
                ? sent
                : insert(List.of(rows)).get(0);
    }

    private List<Sent> insert(List<StreamRows> appends) {
        return send(pool.take(), appends.size(), connection -> StreamRows.store(appends, connection, pool));
    }

    private static List<Sent> send(Connection taken, int appends, Statement statement) {
        int backend = 0;
        try (Connection connection = taken) {
            backend = connection.unwrap(PGConnection.class).getBackendPID();
            List<Sent> sent = new ArrayList<>(appends);
            for (AppendToken token : statement.on(connection)) {
                sent.add(new Sent(token, null, backend));
            }
            return sent;
        } catch (SQLException e) {
            return Collections.nCopies(appends, new Sent(null, e, backend));
        }
    }

    private @Nullable AppendToken call(Connection connection, Whole whole) throws SQLException {
        AppendRows rows = AppendRows.of(whole.append);
        try (PreparedStatement statement =
                connection.prepareStatement(pool.sql(whole.isPlain() ? APPEND : APPEND_INLINE))) {
            rows.set(statement, 1);
            if (!whole.isPlain()) {
                statement.setString(AppendRows.PARAMETERS + 1, whole.inline);
                new DocumentRows(whole.changes).set(statement, AppendRows.PARAMETERS + 2);
            }
            try (ResultSet answer = statement.executeQuery()) {
                answer.next();
                long mark = answer.getLong(2);
                return answer.wasNull()
                        ? null
                        : new AppendToken(pool.store(), mark, rows.versions((Long[])
                                answer.getArray(1).getArray()));
            }
        }
    }

    /** @return null when it has to be looked why nothing was stored */
    private @Nullable AppendToken after(SQLException failure, int backend, Whole whole) {
        if (Failures.isRace(failure)) {
            return null;
        }
        if (Failures.isDocumentChanged(failure)) {
            throw new DocumentRows(whole.changes).conflict(failure);
        }
        if (Failures.isOtherInline(failure)) {
            String found = Objects.requireNonNullElse(Failures.detail(failure), "");
            throw RejectedException.inlineProjection(pool.store(), found, whole.inline);
        }
        if (Failures.isBroken(failure)) {
            return settled(whole.append, backend, failure);
        }
        throw Failures.of(pool.store(), failure);
    }

    // --- why nothing was stored

    /**
     * The answer of the first time when the same events are stored; null when nothing speaks against storing them now.
     *
     * @throws ConflictException when something does
     */
    private @Nullable AppendToken known(Append append) {
        Map<String, StreamHead> heads = heads(ids(append)); // first: what comes in between is seen as stored
        AppendToken token = repeated(append);
        if (token != null) {
            return token;
        }
        append.expectedByVersions().forEach((id, expected) -> check(id, expected, heads.get(id)));
        append.conditions().forEach((id, expected) -> check(id, expected, heads.get(id)));
        for (DomainEvent event : append.events()) {
            StreamHead head = heads.get(event.aggregateId());
            if (head != null && !head.aggregateType().equals(event.aggregateType())) {
                throw ConflictException.wrongAggregateType(
                        event.aggregateId(), head.aggregateType(), event.aggregateType());
            }
        }
        return null;
    }

    private static void check(String aggregateId, ExpectedVersion expected, @Nullable StreamHead head) {
        long actual = head == null ? 0 : head.version();
        if (!expected.holds(actual)) {
            throw ConflictException.wrongVersion(aggregateId, expected, actual);
        }
    }

    /** Of all aggregates that it is about. */
    private static String[] ids(Append append) {
        Set<String> ids = new TreeSet<>(append.conditions().keySet());
        append.events().forEach(event -> ids.add(event.aggregateId()));
        return ids.toArray(String[]::new);
    }

    Map<String, StreamHead> heads(String... aggregateIds) {
        return pool.ask(pool.sql(HEADS), statement -> {
            statement.setArray(1, statement.getConnection().createArrayOf("text", aggregateIds));
            Map<String, StreamHead> heads = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    heads.put(row.getString(1), new StreamHead(row.getString(2), row.getLong(3)));
                }
            }
            return heads;
        });
    }

    /** An event that has the version or the id of one that is to be stored. */
    private record Found(DomainEvent event, long ordinal) {}

    /** @throws ConflictException when an event with the same id says something else */
    private @Nullable AppendToken repeated(Append append) {
        Map<Integer, Found> found = stored(append.events());
        Map<String, Long> versions = new HashMap<>();
        long mark = 0;
        for (int i = 0; i < append.events().size(); i++) {
            DomainEvent event = append.events().get(i);
            Found stored = found.get(i);
            if (stored != null && !stored.event.isSameAs(event)) {
                if (Objects.equals(stored.event.id(), event.id())) {
                    throw ConflictException.otherContent(
                            String.valueOf(event.id()), event.aggregateId(), stored.event.version());
                }
                stored = null;
            }
            if (stored == null) {
                return refuseKnownIds(append, found);
            }
            versions.put(event.aggregateId(), stored.event.version());
            mark = stored.ordinal;
        }
        return new AppendToken(pool.store(), mark, versions);
    }

    /** What names no version is told by its id alone: it can't be stored again along with events that are new. */
    private static @Nullable AppendToken refuseKnownIds(Append append, Map<Integer, Found> found) {
        for (int i = 0; i < append.events().size(); i++) {
            Found stored = found.get(i);
            if (stored != null && append.events().get(i).version() == 0) {
                throw ConflictException.otherContent(
                        String.valueOf(stored.event.id()), stored.event.aggregateId(), stored.event.version());
            }
        }
        return null;
    }

    /** By the index of the event whose version or id it has. */
    private Map<Integer, Found> stored(List<DomainEvent> wanted) {
        return pool.ask(pool.sql(STORED), statement -> {
            Connection connection = statement.getConnection();
            statement.setArray(1, connection.createArrayOf("text", column(wanted, DomainEvent::aggregateId)));
            statement.setArray(2, connection.createArrayOf("int8", column(wanted, DomainEvent::version)));
            statement.setArray(3, connection.createArrayOf("text", column(wanted, DomainEvent::id)));
            Map<Integer, Found> found = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.put(row.getInt(12) - 1, new Found(events.event(row), row.getLong(11)));
                }
            }
            return found;
        });
    }

    private static Object[] column(
            List<DomainEvent> events, java.util.function.Function<DomainEvent, @Nullable Object> value) {
        return events.stream().map(value).toArray();
    }

    // --- when the answer was lost

    /**
     * What became of an append whose answer was lost: its token when it is stored, null when it is not and can't be any
     * more, so that it can be sent again.
     *
     * @param backend the server's process that had it
     */
    private @Nullable AppendToken settled(Append append, int backend, SQLException lost) {
        pool.forget();
        long begin = environment.nanos();
        EventsException last = null;
        boolean interrupted = false;
        try {
            while (environment.nanos() - begin < SETTLING.toNanos()) {
                interrupted |= Thread.interrupted(); // which ends connections, and every wait at once
                try {
                    boolean over =
                            isGone(backend, environment.nanos() - begin); // first: what it commits later is not read
                    AppendToken token = repeated(append);
                    if (token != null || over) {
                        return token;
                    }
                } catch (UnavailableException e) {
                    last = e;
                }
                environment.await(new CompletableFuture<>(), Duration.ofMillis(20));
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        throw OutcomeUnknownException.write(
                "An append of " + append.events().size() + " events to event store " + pool.store(),
                last == null ? lost : last);
    }

    /** A process that began only since is another one: a server that was restarted may number them anew. */
    private boolean isGone(int backend, long since) {
        return pool.ask(GONE, statement -> {
            statement.setInt(1, backend);
            statement.setDouble(2, since / 1e9);
            List<Boolean> gone = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    gone.add(row.getBoolean(1));
                }
            }
            return gone.get(0);
        });
    }
}
