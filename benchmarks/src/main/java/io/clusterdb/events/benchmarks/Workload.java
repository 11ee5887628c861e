package io.clusterdb.events.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One comparison: the same work done by Events, by its peer, and by what the machine allows at best.
 *
 * @param name of its file of results
 * @param title what is measured, for people
 * @param unit of the figures; of times less is better, of everything else more
 * @param sides of each subject, its side and what that is told
 */
record Workload(String name, String title, String unit, Map<String, String> sides) {
    static final String RATE = "events/s";

    /** What the name of a subject begins with that is not Events, where it is not Kafka or the disk either. */
    static final String PEER = "peer: ";

    private static final String EACH = " count=1000000";
    private static final String GROUPED = " batch=16384 linger=10 topics=1 partitions=10";
    private static final String ALONE = " batch=16384 linger=0 topics=1 partitions=1";

    private static final List<Workload> OF_THE_BROKER = List.of(
            new Workload(
                    "publish-1k-leader",
                    "Publish 1 KB, acks leader (Kafka: acks=1)",
                    RATE,
                    peers(
                            "events-publish",
                            "kafka-publish",
                            "raw-write",
                            "count=200000 size=1024 acks=leader chunk=262144" + GROUPED)),
            new Workload(
                    "publish-100b-all",
                    "Publish 100 B, acks all (Kafka: flush.messages=1)",
                    RATE,
                    peers(
                            "events-publish",
                            "kafka-publish",
                            "raw-write",
                            "count=500000 size=100 acks=all chunk=262144" + GROUPED)),
            new Workload(
                    "publish-one-all",
                    "One synchronous publish of 1 KB, acks all, median",
                    "µs",
                    peers(
                            "events-publish-one",
                            "kafka-publish-one",
                            "raw-sync",
                            "count=2000 size=1024 acks=all" + ALONE)),
            new Workload(
                    "replay-1k",
                    "Replay 1 KB, every byte checksummed",
                    RATE,
                    peers(
                            "events-replay",
                            "kafka-replay",
                            "raw-read",
                            "count=500000 size=1024 acks=leader chunk=1048576" + GROUPED)),
            new Workload(
                    "handle-1k",
                    "Handle 1 KB, concurrency 10, every event answered",
                    RATE,
                    sides("events", "events-handle count=200000 size=1024 acks=leader" + GROUPED)),
            new Workload(
                    "many-partitions",
                    "Publish 1 KB, acks leader, to 10,000 partitions or 1,000 topics",
                    RATE,
                    sides("events", many(1, 10), "10,000 partitions", many(1, 10_000), "1,000 topics", many(1_000, 1))),
            new Workload(
                    "open-warm",
                    "Open a folder of 500,000 events",
                    "ms",
                    sides("events", "events-open count=500000 size=100 acks=leader" + GROUPED)),
            new Workload(
                    "schedules",
                    "Schedule 100 B while 1,000,000 others are pending, or 1,000; and deliver them",
                    RATE,
                    sides(
                            "events",
                            scheduling("schedule", 1_000_000),
                            "1,000 pending",
                            scheduling("schedule", 1_000),
                            "delivery",
                            scheduling("deliver", 1_000_000))),
            new Workload(
                    "schedules-heap",
                    "Heap that 1,000,000 pending schedules take",
                    "MB",
                    sides("events", scheduling("heap", 1_000_000))),
            new Workload(
                    "validation",
                    "Check and encode an order by an Avro schema, from a record",
                    "µs",
                    sides(
                            "events",
                            "validate-avro from=record" + EACH,
                            "from its bytes as JSON",
                            "validate-avro from=bytes" + EACH,
                            PEER + "Avro's GenericDatumWriter",
                            "validate-generic-avro" + EACH)),
            new Workload(
                    "validation-json",
                    "Check an order by a JSON Schema, from its bytes",
                    "µs",
                    sides(
                            "events",
                            "validate-json from=bytes" + EACH,
                            "from a record",
                            "validate-json from=record" + EACH,
                            PEER + "networknt json-schema-validator",
                            "validate-networknt" + EACH)),
            new Workload(
                    "filter",
                    "Evaluate data.total >= 1000 from the bytes of an order",
                    "µs",
                    sides(
                            "events",
                            "filter-expression" + EACH,
                            PEER + "Jackson's tree and a comparison in Java",
                            "filter-jackson" + EACH)));

    /** In the order in which they run. */
    static final List<Workload> ALL =
            Stream.concat(OF_THE_BROKER.stream(), StoreWorkloads.all().stream()).toList();

    private static Map<String, String> peers(String events, String kafka, String raw, String told) {
        return sides("events", events + " " + told, "kafka", kafka + " " + told, "raw", raw + " " + told);
    }

    private static String many(int topics, int partitions) {
        return "events-publish count=200000 size=1024 acks=leader batch=16384 linger=10 topics=" + topics
                + " partitions=" + partitions;
    }

    private static String scheduling(String measure, int pending) {
        return "events-schedule measure=" + measure + " pending=" + pending + " count=50000 size=100 acks=leader"
                + GROUPED;
    }

    private static Map<String, String> sides(String... namesAndWords) {
        Map<String, String> sides = new LinkedHashMap<>();
        for (int n = 0; n < namesAndWords.length; n += 2) {
            sides.put(namesAndWords[n], namesAndWords[n + 1]);
        }
        return sides;
    }

    boolean isTime() {
        return !unit.equals(RATE);
    }

    boolean needsKafka() {
        return sides.containsKey("kafka");
    }

    boolean needsPostgres() {
        return sides.values().stream().anyMatch(words -> words.startsWith("store-"));
    }
}
