package io.clusterdb.events.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/**
 * One side of a comparison: it does the work of one round as often as it is asked, in a process of its own that lives as
 * long as the comparison, so that every round but the first finds it warm.
 */
interface Side extends AutoCloseable {
    /** What the parent reads the figure of a round from: a line that begins with this. */
    String FIGURE = "figure ";

    /** @return the figure of the round, in the unit of the workload */
    double round() throws Exception;

    @Override
    default void close() throws IOException, SQLException {}

    /** A process of one side. Arguments: the name of the side and what it takes. A line on standard input is a round. */
    static void main(String[] arguments) throws Exception {
        List<String> values = Arrays.asList(arguments).subList(1, arguments.length);
        try (Side side = named(arguments[0], new Settings(values));
                BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            while (asked.readLine() != null) {
                System.out.println(FIGURE + side.round());
            }
        }
    }

    private static Side named(String name, Settings settings) throws Exception {
        return switch (name) {
            case "events-publish" -> new EventsPublish(settings);
            case "events-publish-one" -> new EventsPublishOne(settings);
            case "events-replay" -> new EventsReplay(settings);
            case "events-handle" -> new EventsHandle(settings);
            case "events-open" -> new EventsOpen(settings);
            case "events-schedule" -> new EventsSchedule(settings);
            case "kafka-publish" -> new KafkaPublish(settings);
            case "kafka-publish-one" -> new KafkaPublishOne(settings);
            case "kafka-replay" -> new KafkaReplay(settings);
            case "raw-write" -> new RawWrite(settings);
            case "raw-sync" -> new RawSync(settings);
            case "raw-read" -> new RawRead(settings);
            case "validate-avro" -> Validation.avro(settings);
            case "validate-json" -> Validation.json(settings);
            case "validate-generic-avro" -> Validation.genericAvro(settings);
            case "validate-networknt" -> Validation.networknt(settings);
            case "filter-expression" -> Filtering.expression(settings);
            case "filter-jackson" -> Filtering.jackson(settings);
            case "store-append" -> new StoreAppend(settings);
            case "store-read" -> new StoreRead(settings);
            case "store-order" -> new StoreOrder(settings);
            default -> throw new IllegalArgumentException("no side is called " + name);
        };
    }
}
