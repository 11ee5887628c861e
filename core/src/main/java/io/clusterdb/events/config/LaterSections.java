package io.clusterdb.events.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The sections of a file that this version knows and checks, but does not open yet. */
final class LaterSections {
    private static final Set<String> FORMATS = Set.of("avro", "json", "json-schema", "none");

    private LaterSections() {}

    /** Checks the sections that are there; their names. */
    static List<String> check(Section root) {
        List<String> found = new ArrayList<>();
        if (root.has("streams")) {
            found.add("streams");
            root.section("streams").section("processors").named().forEach(LaterSections::processor);
        }
        return found;
    }

    private static void processor(Section processor) {
        processor.parts("inputs").forEach(LaterSections::stream);
        processor.parts("outputs").forEach(LaterSections::stream);
        Section state = processor.section("state");
        if (state.isPresent()
                && state.word("store", "rocksdb", Set.of("rocksdb", "memory")).equals("rocksdb")) {
            state.path("path");
        }
        state.duration("ttl");
        Section checkpointing = state.section("checkpointing");
        checkpointing.duration("interval");
        checkpointing.duration("retention");
        Section processing = processor.section("processing");
        processing.integer("parallelism", 1, 1, Integer.MAX_VALUE);
        if (processing.has("window")) {
            processing.section("window").leaveOpen();
        }
    }

    private static void stream(Section stream) {
        stream.required("name", "a topic's name");
        stream.word("format", "json", FORMATS);
        stream.integer("partitions", 1, 1, 100_000);
    }
}
