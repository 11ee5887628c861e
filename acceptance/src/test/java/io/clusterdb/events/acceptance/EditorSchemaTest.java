package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.schema.JsonSchemaFormat;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What an editor goes by when it opens events.yaml. */
class EditorSchemaTest {
    private static final String FILE = "docs/events.schema.json";
    private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
    private static final ParsedSchema SCHEMA = new JsonSchemaFormat().parse(Configuration.schema());

    private static final String MISSION = """
            broker:
              name: main
              persistence:
                enabled: true
                store:
                  type: rocksdb
                  path: /data/events
              replication:
                factor: 3
                sync: quorum
                cluster:
                  - node-1:9092
            store:
              name: order-store
              persistence:
                store:
                  type: postgresql
                  url: postgres://localhost/events
                  pool:
                    min_connections: 5
                    max_connections: 20
                schema:
                  type: json-schema
                  path: schemas/order-event.json
              snapshots:
                enabled: true
                interval: 100
                compression: true
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
                    ttl: 24h
                    checkpointing:
                      interval: 1m
                      retention: 24h
                  processing:
                    parallelism: 10
                    window:
                      type: tumbling
                      size: 5m
            """;

    private static Stream<String> samples() {
        List<String> all = new ArrayList<>(List.of(MISSION));
        YAML.matcher(House.text("docs/guide/configuration.md")).results().forEach(found -> all.add(found.group(1)));
        assertThat(all).hasSizeGreaterThan(1);
        all.add("broker: {name: a, engine: MEMORY}");
        all.add("broker: {name: a, replication: {factor: '${FACTOR:3}', sync: '${SYNC:all}'}, persistence: {}}");
        return all.stream();
    }

    private static JsonNode tree(String yaml) {
        return YAMLMapper.shared().readTree(yaml);
    }

    @Test
    void the_checked_in_file_is_what_the_reader_knows() throws IOException {
        if (House.isWriting()) {
            Files.writeString(House.ROOT.resolve(FILE), Configuration.schema());
        }

        assertThat(House.text(FILE)).as(House.howToWrite(getClass())).isEqualTo(Configuration.schema());
        assertThat(Run.events(House.ROOT, "config", "schema").out()).isEqualTo(Configuration.schema());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void what_the_papers_show_is_right(String yaml) {
        assertThatCode(() -> SCHEMA.encode(tree(yaml))).doesNotThrowAnyException();
    }

    @Test
    void all_of_a_configuration_that_is_written_down_is_known() {
        assertThatCode(() -> SCHEMA.encode(tree(
                        Configuration.yaml(Configuration.parse(MISSION.substring(0, MISSION.indexOf("store:\n  name"))
                                        .replace("name: main", "name: main\n  engine: rocksdb"))
                                .components()))))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "broker: {nam: a}",
                "broker: {name: a, engine: rokcsdb}",
                "broker: {name: a, replication: {sync: most}}",
                "broker: {name: a, replication: {factor: 0}}",
                "broker: {name: a, persistence: {enabled: maybe}}",
                "broker: {name: a, persistence: {store: {type: rocksdb, path: x, option: 1}}}",
                "broker: {name: a, persistence: {store: {options: {max_background_jobs: many}}}}",
                "broker: {name: a, persistence: {store: {options: {segment_size: 1000}}}}",
                "broker: {name: a, persistence: {retention: {time: long}}}",
                "broker: {name: a, colour: b}",
                "store: {name: a, snapshots: {interval: 0}}",
                "store: {name: a, persistence: {schemas: {OrderCreated: {typ: json-schema}}}}",
                "stores: [{name: a, colour: b}]",
                "streams: {processors: {p: {inputs: [{name: a, format: xml}]}}}",
                "storage: 1"
            })
    void what_the_reader_would_refuse_is_marked(String yaml) {
        assertThatThrownBy(() -> SCHEMA.encode(tree(yaml))).isInstanceOf(SchemaException.class);
    }
}
