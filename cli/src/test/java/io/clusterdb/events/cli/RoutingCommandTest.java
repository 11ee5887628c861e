package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Routes, a deduplication window and open transactions by the command, in processes. */
class RoutingCommandTest extends CommandFixture {
    private JsonNode logs(String topic) {
        return events("logs", "show", "--topic", topic, "-o", "json").json();
    }

    @Test
    void events_are_routed_and_known_again() {
        String lines = file("orders.ndjson", "{\"id\": \"a\", \"total\": 12}\n{\"id\": \"b\", \"total\": 1200}\n");
        assertThat(events("topic", "create", "large").exit()).isZero();
        Run created =
                events("topic", "create", "orders", "--route", "data.total >= 1000 -> large", "--deduplication", "2m");
        assertThat(created.out()).contains("data.total >= 1000", "copied to large", "deduplication 2m");

        assertThat(events("publish", "orders", "--file", lines, "--id", "data.id")
                        .exit())
                .isZero();
        assertThat(events("publish", "orders", "--file", lines, "--id", "data.id")
                        .exit())
                .isZero();

        assertThat(logs("orders")).hasSize(2);
        assertThat(logs("large")).hasSize(1);
        assertThat(events("topic", "delete", "large", "--yes").err()).contains("EV-2020", "orders");
        assertThat(events("topic", "alter", "orders", "--route", "true -> orders")
                        .err())
                .contains("EV-2018");
        Run altered = events("topic", "alter", "orders", "--no-routes", "--deduplication", "none", "-o", "json");
        assertThat(altered.json().path("routes")).isEmpty();
        assertThat(events("topic", "delete", "large", "--yes").exit()).isZero();
    }

    @Test
    void an_open_transaction_is_shown_and_aborted() {
        Path folder = data();
        try (Events owner = Events.open(EventBroker.named("shop").store(RocksDb.at(folder)))) {
            owner.createTopic(Topic.named("orders"));

            Assertions.assertThatThrownBy(() -> owner.transaction(tx -> {
                        tx.publish("orders", Event.of("order.created"));
                        Run listed = events("tx", "list");
                        String id = owner.transactions().list().getFirst().id();
                        assertThat(listed.out()).contains(id, "shop", "orders-0@0");
                        assertThat(events("tx", "abort", id, "--yes").exit()).isZero();
                    }))
                    .isInstanceOf(ConflictException.class);

            assertThat(events("tx", "abort", "tx-none", "--yes").err()).contains("EV-2022");
        }
    }
}
