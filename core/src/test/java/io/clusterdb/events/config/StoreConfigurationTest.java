package io.clusterdb.events.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.Schemas;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.Upcaster;
import io.clusterdb.events.control.Folder;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The section of an event store. */
class StoreConfigurationTest {
    private static final String BROKER = "broker: {name: shop, persistence: {store: {type: folder, path: /data/a}}}\n";
    private static final String MEMORY = "broker: {name: shop, engine: memory}\n";

    private static EventStore store(String yaml) {
        List<EventStore> stores = Configuration.parse(yaml).stores();
        assertThat(stores).hasSize(1);
        return stores.getFirst();
    }

    private static List<String> faults(String yaml) {
        RejectedException refused =
                catchThrowableOfType(RejectedException.class, () -> Configuration.parse(yaml, Map.of("A", "b")::get));
        assertThat(refused).as("found nothing wrong with " + yaml).isNotNull();
        return refused.problem().why().lines().map(String::strip).toList();
    }

    @Test
    void a_store_has_a_place_schemas_and_snapshots(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("order.json"), "{\"type\": \"object\"}");
        Path file = Files.writeString(folder.resolve("events.yaml"), """
                store:
                  name: order-store
                  persistence:
                    store:
                      type: folder
                      path: data
                    schema:
                      type: json-schema
                      path: order.json
                    schemas:
                      OrderPaid: {definition: "true"}
                  snapshots:
                    interval: 7
                    compression: false
                """);

        Configuration read = Configuration.read(file);

        assertThat(read.broker()).isEmpty();
        assertThat(read.stores())
                .containsExactly(EventStore.named("order-store")
                        .store(Folder.at(folder.resolve("data")))
                        .schema(Schema.jsonSchema("{\"type\": \"object\"}", SchemaCompatibility.BACKWARD))
                        .schema("OrderPaid", Schema.jsonSchema("true", SchemaCompatibility.BACKWARD))
                        .snapshots(new SnapshotConfig(true, 7, false)));
        assertThat(read.stores().getFirst().schemas()).containsOnlyKeys(Schemas.ANY_TYPE, "OrderPaid");
    }

    @Test
    void a_store_without_a_place_is_with_the_broker() {
        assertThat(store(BROKER + "store: {name: orders}").place()).isNull();
        assertThat(store(MEMORY + "store: {name: orders}").place()).isNull();
        assertThat(store(MEMORY + "store: {name: orders, persistence: {store: {type: memory}}}")
                        .place())
                .isNull();
        assertThat(store(BROKER + "store: {name: orders, persistence: {store: {type: memory}}}")
                        .place())
                .isInstanceOf(Memory.class);
    }

    @Test
    void a_store_that_names_the_brokers_folder_is_opened_by_the_broker() {
        String tuned = BROKER.replace("/data/a", "/data/a, options: {max_open_files: 7}");
        String store = "store: {name: orders, persistence: {store: {type: folder, path: /data/x/../a}}}";

        assertThat(store(tuned + store).place()).isNull();
        assertThat(store(BROKER + store.replace("/a}", "/b}")).place()).isEqualTo(Folder.at(Path.of("/data/x/../b")));
        assertThat(faults(tuned + store.replace("/a}", "/a, options: {max_open_files: 8}}")))
                .singleElement()
                .asString()
                .contains("store.persistence.store.options: found others than the broker's");
    }

    @Test
    void several_stores_are_a_list() {
        String two = BROKER + "stores: [{name: a}, {name: b, persistence: {store: {type: memory}}}]";

        assertThat(Configuration.parse(two).stores())
                .extracting(EventStore::name)
                .containsExactly("a", "b");
        assertThat(faults(two.replace("name: b", "name: a")))
                .containsExactly("line 2, stores[1].name: found a, which another store has");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            store: {persistence: {store: {type: memory}}}                           => line 1, store.name: missing, allowed is the store's name
            store: {name: a b, persistence: {store: {type: memory}}}                => line 1, store: 'a b' can't be a name: names are 1 to 249 of a-z A-Z 0-9 . _ - and neither '.' nor '..'
            store: {name: a}                                                        => line 1, store.persistence.store: missing, allowed is a store such as {type: rocksdb, path: /data/events}; there is no broker whose folder it could be in
            store: {name: a, persistence: {store: {type: folder}}}                  => line 1, store.persistence.store.path: missing, allowed is the path of a folder
            store: {name: a, persistence: {store: {type: mysql}}}                   => line 1, store.persistence.store.type: found 'mysql', allowed is folder | memory | postgresql | rocksdb
            store: {name: a, persistence: {store: {type: postgresql, url: x}}}      => line 1, store.persistence.store.type: postgresql is not on the class path, allowed is folder | memory; or add the module events-postgres
            store: {name: a, persistence: {store: {type: memory}, schema: {type: avro, definition: x}}} => line 1, store.persistence.schema.type: found 'avro', allowed is json-schema
            store: {name: a, persistence: {store: {type: memory}, schema: {}}}      => line 1, store.persistence.schema.path: missing, allowed is the path of a file
            store: {name: a, persistence: {store: {type: memory}, schema: {path: x, definition: x}}} => line 1, store.persistence.schema.path: found beside a definition, allowed is one of them
            store: {name: a, persistence: {store: {type: memory}, schemas: {A: {pat: x}}}} => line 1, store.persistence.schemas.A.pat: unknown key; did you mean path?
            store: {name: a, persistence: {store: {type: memory}}, snapshots: {interval: often}} => line 1, store.snapshots.interval: found 'often', allowed is a whole number from 1
            store: {name: a, persistence: {store: {type: memory}}, snapshot: {}}    => line 1, store.snapshot: unknown key; did you mean snapshots?
            """)
    void a_fault_says_where_what_was_found_and_what_is_allowed(String yaml, String fault) {
        assertThat(faults(yaml)).contains(fault);
    }

    @Test
    void a_schema_that_can_not_be_read_is_a_fault() {
        assertThat(faults("store: {name: a, persistence: {store: {type: memory}, schema: {path: /none/such}}}"))
                .singleElement()
                .asString()
                .contains("store.persistence.schema", "/none/such", "can't be read");
    }

    @Test
    void what_code_says_yaml_says_and_back() {
        EventBroker broker = EventBroker.named("shop").store(Folder.at(Path.of("/data/a")));
        EventStore store = EventStore.named("orders")
                .schema(Schema.jsonSchema("{\"const\": \"${x}\"}", SchemaCompatibility.BACKWARD))
                .schema("OrderPaid", Schema.jsonSchema("true", SchemaCompatibility.BACKWARD))
                .snapshots(SnapshotConfig.OFF)
                .forwardTo("order-events");
        EventStore other = EventStore.named("others").store(Folder.at(Path.of("/data/b")));

        assertThat(Configuration.parse(Configuration.yaml(List.of(broker, store, other)))
                        .components())
                .containsExactly(broker, store, other);
        assertThat(Configuration.parse(Configuration.yaml(other)).components()).containsExactly(other);
        assertThat(store(Configuration.yaml(EventStore.named("orders"))).place())
                .isInstanceOf(Memory.class);
    }

    @Test
    void a_store_is_forwarded_to_a_topic_of_the_broker() {
        assertThat(store(BROKER + "store: {name: orders, forward: order-events}")
                        .forward())
                .isEqualTo("order-events");
        assertThat(faults(BROKER + "store: {name: orders, forward: 'store:orders'}"))
                .singleElement()
                .asString()
                .contains("'store:orders' can't be a name");
        assertThat(faults("store: {name: orders, persistence: {store: {type: memory}}, forward: order-events}"))
                .singleElement()
                .asString()
                .contains("store.forward", "there is no broker");
    }

    @Test
    void a_file_with_a_store_alone_is_opened(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("events.yaml"),
                "store: {name: orders, persistence: {store: {type: folder, path: data}}}");

        try (Events events = Events.open(file)) {
            events.storeEvent(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("total", 7)));
        }
        try (Events events = Events.open(file)) {
            assertThat(events.getEvents("o-1")).hasSize(1);
        }
        assertThat(folder.resolve("data")).isDirectory();
    }

    @Test
    void a_file_is_opened_with_what_a_program_adds(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("events.yaml"),
                "{broker: {name: shop, persistence: {store: {type: folder, path: data}}}, store: {name: orders}}");
        try (Events events = Events.open(file)) {
            events.storeEvent(DomainEvent.of("Order", "o-1", 1, "OrderCreated", Map.of("total", 7)));
        }

        Upcaster euros =
                Upcaster.of("OrderCreated", 1, order -> order.asObject().put("currency", "EUR"));
        try (Events events = Events.open(file, euros)) {
            assertThat(events.getEvents("o-1").getFirst().data()).hasToString("{\"total\":7,\"currency\":\"EUR\"}");
        }
        assertThatThrownBy(() -> Events.open(file, EventBroker.named("other"))).isInstanceOf(RejectedException.class);
    }
}
