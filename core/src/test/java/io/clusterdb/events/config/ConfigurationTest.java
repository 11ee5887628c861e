package io.clusterdb.events.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.PersistenceConfig;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.ReplicationSync;
import io.clusterdb.events.RetentionPolicy;
import io.clusterdb.events.control.Folder;
import io.clusterdb.events.memory.Memory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    /** The broker of the mission; of another type, for an engine of the module core itself. */
    private static final String MISSION = """
            broker:
              name: main
              persistence:
                enabled: true
                store:
                  type: folder
                  path: /data/events
              replication:
                factor: 3
                sync: quorum
                cluster:
                  - node-1:9092
                  - node-2:9092
            """;

    private static final String STREAMS = """
            streams:
              processors:
                order-processor:
                  inputs:
                    - name: orders
                      format: avro
                      partitions: 10
                  outputs:
                    - name: processed-orders
                      format: avro
                      partitions: 10
                  state:
                    store: rocksdb
                    path: /data/state
            """;

    private static final String BROKER = "broker: {name: shop, engine: memory}\n";

    private static Configuration parse(String yaml) {
        return Configuration.parse(
                yaml, Map.of("DATA", "/srv/data", "FACTOR", "5", "EMPTY", "", "YAML", "{a: b}")::get);
    }

    /** What is refused, a line for each fault. */
    private static List<String> faults(String yaml) {
        RejectedException refused = catchThrowableOfType(RejectedException.class, () -> parse(yaml));
        assertThat(refused).as("found nothing wrong with " + yaml).isNotNull();
        assertThat(refused.code()).isEqualTo(ErrorCode.BAD_CONFIG);
        return refused.problem().why().lines().map(String::strip).toList();
    }

    private static EventBroker broker(Configuration configuration) {
        return configuration.broker().orElseThrow();
    }

    private static RejectedException refusal(Configuration configuration) {
        RejectedException refused = catchThrowableOfType(RejectedException.class, configuration::broker);
        assertThat(refused.code()).isEqualTo(ErrorCode.ENGINE_REFUSED);
        assertThat(configuration.obstacle()).containsSame(refused);
        return refused;
    }

    // --- what the mission writes

    @Test
    void the_missions_broker_is_one_copy_on_an_embedded_engine_and_says_so() {
        Configuration read = parse(MISSION.replace("  name: main", "  name: main\n  engine: folder"));

        assertThat(broker(read).name()).isEqualTo("main");
        assertThat(broker(read).persistence().store()).isEqualTo(Folder.at(Path.of("/data/events")));
        assertThat(broker(read).replication().factor()).isEqualTo(3);
        assertThat(broker(read).replication().sync()).isEqualTo(ReplicationSync.QUORUM);
        assertThat(broker(read).replication().cluster()).containsExactly("node-1:9092", "node-2:9092");
        assertThat(read.remarks())
                .containsExactly("replication asks for 3 copies on node-1:9092, node-2:9092; "
                        + "engine folder keeps one copy, on this machine");
    }

    @Test
    void the_missions_broker_with_engine_auto_waits_for_clusters() {
        RejectedException refused = refusal(parse(MISSION));

        assertThat(refused.problem().why()).contains("node-1:9092").contains("later version");
        assertThat(refused.problem().remedy()).contains("broker.engine: rocksdb");
    }

    @Test
    void streams_are_checked_and_wait_for_a_later_version() {
        assertThat(refusal(parse(BROKER + STREAMS)).problem().what()).contains("stream processor");
        assertThat(faults(BROKER + STREAMS.replace("partitions: 10", "partition: 10")))
                .contains("line 8, streams.processors.order-processor.inputs[0].partition: unknown key; "
                        + "did you mean partitions?");
    }

    // --- faults

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            broker: {engine: memory}                                     => line 1, broker.name: missing, allowed is the application's name
            broker: {engine: memory, name: 7}                            => line 1, broker.name: found 7, allowed is a text; put it in quotes
            broker: {engine: memory, name: a b}                          => line 1, broker: 'a b' can't be a name: names are 1 to 249 of a-z A-Z 0-9 . _ - and neither '.' nor '..'
            broker: {engine: memory, name: }                             => line 1, broker.name: found nothing, allowed is a text
            broker: {engine: memory, name: a, nam: b}                    => line 1, broker.nam: unknown key; did you mean name?
            broker: {engine: memory, name: a, colour: b}                 => line 1, broker.colour: unknown key; known are name, replication, persistence, engine
            broker: {engine: memory, name: a, name: b}                   => line 1, broker.name: given twice, first on line 1
            broker: {engine: rokcsdb, name: a}                           => line 1, broker.engine: found 'rokcsdb', allowed is auto | folder | kafka | memory | rocksdb; did you mean rocksdb?
            broker: {engine: rocksdb, name: a, persistence: {store: {path: x}}} => line 1, broker.engine: rocksdb is not on the class path, allowed is folder | memory; or add the module events-rocksdb
            broker: {engine: kafka, name: a}                             => line 1, broker.engine: kafka can't be opened from a file in this version, allowed is folder | memory; a program opens a Kafka node with EventBroker.named(..).store(Kafka.at(..)), of the module events-kafka
            broker: {engine: folder, name: a}                            => line 1, broker.persistence.store: missing, allowed is a store such as {type: rocksdb, path: /data/events}; to keep events in memory only, write broker.engine: memory
            broker: {engine: folder, name: a, persistence: {store: {}}}  => line 1, broker.persistence.store.path: missing, allowed is the path of a folder
            broker: {engine: memory, name: a, persistence: {store: {type: folder, path: x}}} => line 1, broker.engine: found memory, but the store's type is folder; name one of them
            broker: {engine: memory, name: a, persistence: {enabled: maybe}}              => line 1, broker.persistence.enabled: found 'maybe', allowed is true or false
            broker: {engine: memory, name: a, persistence: {retention: {time: 30}}}       => line 1, broker.persistence.retention.time: found 30, allowed is a duration such as 500ms, 30s, 5m, 2h, 7d or PT5M
            broker: {engine: memory, name: a, persistence: {retention: {time: 0s}}}       => line 1, broker.persistence.retention.time: found '0s', allowed is a duration such as 500ms, 30s, 5m, 2h, 7d or PT5M
            broker: {engine: memory, name: a, persistence: {retention: {size: 10 apples}}} => line 1, broker.persistence.retention.size: found '10 apples', allowed is a size such as 512, 16KB, 10GB or 10GiB
            broker: {engine: memory, name: a, persistence: {retention: 30d}}              => line 1, broker.persistence.retention: found '30d', allowed is a map of keys
            broker: {engine: memory, name: a, replication: {factor: 0}}                   => line 1, broker.replication.factor: found 0, allowed is a whole number from 1 to 32767
            broker: {engine: memory, name: a, replication: {factor: 1.5}}                 => line 1, broker.replication.factor: found 1.5, allowed is a whole number from 1 to 32767
            broker: {engine: memory, name: a, replication: {sync: most}}                  => line 1, broker.replication.sync: found 'most', allowed is leader | quorum | all
            broker: {engine: memory, name: a, replication: {cluster: node-1:9092}}        => line 1, broker.replication.cluster: found 'node-1:9092', allowed is a list
            broker: {engine: memory, name: a, replication: {cluster: [node-1]}}           => line 1, broker.replication.cluster: found 'node-1', allowed is host:port
            broker: {engine: memory, name: &n a, replication: {cluster: [*n]}}            => line 1, broker.replication.cluster[0]: found the alias *n, allowed is the value itself
            broker: {engine: memory, name: '${NOWHERE}'}                                  => line 1, broker.name: NOWHERE is not set in the environment; set it, or write ${NOWHERE:default}
            broker: {engine: memory, name: '${no name}'}                                  => line 1, broker.name: found ${no name}, allowed is ${NAME} or ${NAME:default}; write $${ for a plain ${
            broker: {engine: memory, name: '${A:${B}/c}'}                                 => line 1, broker.name: found ${A:${B}...}, but a default can't hold a variable: set A, or write a plain text as the default
            broker: {engine: memory, name: '${OPEN'}                                      => line 1, broker.name: found ${, allowed is ${NAME} or ${NAME:default}; write $${ for a plain ${
            brokers: {engine: memory, name: a}                                            => line 1, brokers: unknown key; did you mean broker?
            broker                                                                        => line 1, found 'broker', allowed is a map of keys
            """)
    void a_fault_says_where_what_was_found_and_what_is_allowed(String yaml, String fault) {
        assertThat(faults(yaml)).contains(fault);
    }

    @Test
    void all_faults_of_a_file_are_told_at_once() {
        assertThat(faults("""
                        broker:
                          nam: main
                          persistence:
                            store:
                              type: folder
                              option: 1
                            retention:
                              time: long
                          replication:
                            factor: many
                        storage: 1
                        """))
                .containsExactly(
                        "line 2, broker.name: missing, allowed is the application's name",
                        "line 2, broker.nam: unknown key; did you mean name?",
                        "line 5, broker.persistence.store.path: missing, allowed is the path of a folder",
                        "line 6, broker.persistence.store.option: unknown key; did you mean options?",
                        "line 8, broker.persistence.retention.time: found 'long', allowed is " + Durations.ALLOWED,
                        "line 10, broker.replication.factor: found 'many', allowed is a whole number from 1 to 32767",
                        "line 11, storage: unknown key; did you mean store?");
    }

    @Test
    void what_can_not_be_opened_yet_is_told_with_the_faults() {
        assertThat(faults(MISSION.replace("factor: 3", "factor: 0")))
                .hasSize(2)
                .first()
                .asString()
                .contains("can't run on a cluster");
    }

    @Test
    void a_text_that_is_no_yaml_is_a_fault_with_its_line() {
        assertThat(faults("broker:\n  name: [a\n"))
                .first()
                .asString()
                .isEqualTo("line 3, YAML: while parsing a flow sequence: expected ',' or ']', but got <stream end>");
        assertThat(faults(BROKER + "---\n" + BROKER))
                .containsExactly("line 3, ---: found a second document, allowed is one");
        assertThat(faults("")).contains("broker.name: missing, allowed is the application's name");
        assertThat(faults("broker: " + "[".repeat(200) + "]".repeat(200))).isNotEmpty();
    }

    // --- values

    @Test
    void environment_variables_are_put_into_texts_and_never_read_as_yaml() {
        Configuration read = parse("""
                broker:
                  name: ${NAME:shop}-${KIND:}1
                  engine: ${ENGINE:folder}
                  persistence:
                    store:
                      path: ${DATA}/events/$${x}/${YAML}
                  replication:
                    factor: ${FACTOR}
                """);

        assertThat(broker(read).name()).isEqualTo("shop-1");
        assertThat(broker(read).replication().factor()).isEqualTo(5);
        assertThat(broker(read).persistence().store()).isEqualTo(Folder.at(Path.of("/srv/data/events/${x}/{a: b}")));
    }

    @Test
    void sizes_are_decimal_or_binary_and_durations_have_units() {
        EventBroker read = parse("broker: {name: a, engine: memory, persistence: {retention: {time: 7d, size: 10GiB}}}")
                .broker()
                .orElseThrow();

        assertThat(read.retention()).isEqualTo(new RetentionPolicy(Duration.ofDays(7), ByteSize.gib(10)));
    }

    @Test
    void without_persistence_events_are_in_memory() {
        assertThat(broker(parse("broker: {name: a, persistence: {enabled: false}}")))
                .isEqualTo(EventBroker.named("a"));
        assertThat(broker(parse(BROKER)).persistence().store()).isInstanceOf(Memory.class);
    }

    @Test
    void what_code_says_yaml_says_and_back() {
        EventBroker said = EventBroker.named("main")
                .store(new Folder(Path.of("/data/${x}"), 10_000))
                .retention(Duration.ofDays(30), ByteSize.gb(100))
                .replication(3, ReplicationSync.ALL, "node-1:9092", "[::1]:9093");

        assertThat(broker(parse(Configuration.yaml(said)))).isEqualTo(said);
        assertThat(broker(parse(Configuration.yaml(EventBroker.named("true"))))).isEqualTo(EventBroker.named("true"));
        EventBroker off =
                said.persistence(new PersistenceConfig(false, said.persistence().store(), said.retention()));
        assertThat(broker(parse(Configuration.yaml(off)))).isEqualTo(off);
    }

    // --- files

    @Test
    void a_file_is_opened_and_its_relative_paths_start_from_its_folder(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("events.yaml");
        Files.writeString(file, "broker: {name: shop, persistence: {store: {type: folder, path: data}}}");

        try (Events events = Events.open(file)) {
            assertThat(events.topics().list()).isEmpty();
        }
        assertThat(folder.resolve("data")).isDirectory();
    }

    @Test
    void a_file_that_can_not_be_read_is_refused(@TempDir Path folder) throws Exception {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        assertThatThrownBy(() -> Configuration.read(folder.resolve("none")))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> Configuration.read(binary)).hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Configuration.read(folder)).isInstanceOf(RejectedException.class);
    }
}
