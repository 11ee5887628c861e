package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Projection;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.View;
import io.clusterdb.events.postgres.Postgres;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.Patience;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The mission's store as the mission has it: on a PostgreSQL server. What other processes do goes through the server alone. */
class MissionPostgresStoreTest extends MissionStoreTest {
    private static EmbeddedPostgres server;

    private final Patience patience = new Patience(Duration.ofSeconds(60));

    @BeforeAll
    static void start() throws IOException {
        server = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @BeforeEach
    void withoutTheStore() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("drop schema if exists \"order-store\" cascade");
        }
    }

    private static String url() {
        return "postgres://postgres@localhost:" + server.getPort() + "/postgres";
    }

    @Override
    StoreBackend place() {
        return Postgres.at(url());
    }

    @Override
    String placeInYaml() {
        return "url: " + url();
    }

    @Override
    Events open() throws IOException {
        String url = url();
        Path schema = schema();
        Events events = Events.open();
        // snippet: configure-store-postgresql
        events.configureStore(EventStore.named("order-store")
                .store(Postgres.at(url).pool(5, 20))
                .schema(Schema.jsonSchema(schema, SchemaCompatibility.BACKWARD))
                .snapshots(SnapshotConfig.every(100)));
        // end
        return events;
    }

    @Test
    void a_snapshot_is_taken_every_hundred_events_and_seen_from_another_process() throws IOException {
        try (Events events = open()) {
            storeOrder(events);
            for (int i = 1; i < 100; i++) {
                events.storeEvent(events.loadAggregate(ORDER, "order-123").next(new OrderPaid(1)));
            }
            patience.until(
                    "the snapshot is taken",
                    () -> !events.store().snapshots("order-123").isEmpty());
        }

        JsonNode snapshots = Run.events(home(), "store", "snapshot", "order-123", "-o", "json", "-c", yaml().toString())
                .json();

        assertThat(snapshots).hasSize(1);
        assertThat(snapshots.get(0).path("version").asInt()).isEqualTo(100);
        assertThat(snapshots.get(0).path("state").toString())
                .isEqualTo("{\"customer\":\"c-1\",\"total\":1200.0,\"paid\":99.0}");
    }

    @Test
    void the_command_tells_a_projection_of_a_running_program_what_to_do() throws IOException {
        AtomicBoolean mended = new AtomicBoolean();
        Projection<Double> paid = Projection.of("paid", Double.class)
                .on("OrderCreated", (event, context) -> {
                    if (!mended.get()) {
                        throw new IllegalStateException("there is no order yet");
                    }
                    context.put(event.aggregateId(), 0.0);
                })
                .on(
                        "OrderPaid",
                        (event, context) -> context.put(
                                event.aggregateId(), event.data(OrderPaid.class).amount()));
        String yaml = yaml().toString();
        try (Events events = open()) {
            storeOrder(events);
            events.storeEvent(DomainEvent.of("Order", "order-123", 2, new OrderPaid(700)));
            patience.until("positions", () -> events.store().all().lastPosition() == 2);
            View<Double> view = events.store().projections().run(paid);
            patience.until("it stops", () -> view.status().failure() != null);

            JsonNode listed = Run.events(home(), "store", "projections", "list", "-o", "json", "-c", yaml)
                    .json();
            assertThat(listed.get(0).path("name").asString()).isEqualTo("paid");
            assertThat(listed.get(0).path("failure").asString()).contains("there is no order yet");
            Run skipped = Run.events(home(), "store", "projections", "skip", "paid", "1", "-c", yaml);
            assertThat(skipped.exit()).as(skipped.err()).isZero();
            patience.until("it goes on", () -> view.status().lag() == 0);
            assertThat(view.get("order-123")).contains(700.0);
            assertThat(view.status().skipped()).isEqualTo(1);

            mended.set(true);
            assertThat(Run.events(home(), "store", "projections", "rebuild", "paid", "-c", yaml)
                            .exit())
                    .isZero();
            patience.until(
                    "it is built",
                    () -> view.status().skipped() == 0 && view.status().building() == null);
            assertThat(view.get("order-123")).contains(700.0);
        }
    }

    @Test
    void other_programs_read_all_events_in_their_order_with_the_query_of_the_paper() throws Exception {
        String paper = House.text("docs/formats/store.md");
        String query = paper.substring(paper.indexOf("```sql\n") + 7, paper.indexOf("\n```\n\nNever read"));
        List<String> found = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        try (Events events = open()) {
            storeOrder(events);
            for (int i = 1; i <= 40; i++) {
                events.storeEvent(DomainEvent.of("Order", "order-" + i % 3, 0, new OrderPaid(i)));
            }
            patience.until("positions", () -> events.store().all().lastPosition() == 41);
            events.store().all().forEach(event -> expected.add(event.position() + " " + event.id()));
        }

        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query.replace("\"orders\"", "\"order-store\""))) {
            while (rows.next()) {
                found.add(rows.getLong("position") + " " + rows.getString("event_id"));
            }
        }
        assertThat(found).hasSize(41).isEqualTo(expected);
    }
}
