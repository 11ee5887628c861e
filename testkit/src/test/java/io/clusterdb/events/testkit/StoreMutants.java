package io.clusterdb.events.testkit;

import java.nio.file.Path;
import java.util.List;

/** Faults of an embedded event store, each with the test of a contract that must notice it. */
final class StoreMutants {
    static final Path CORE = Path.of("..", "core", "src", "main", "java");
    private static final String EVENTS = "io/clusterdb/events/";

    /**
     * A fault and who notices it.
     *
     * @param contract a class that holds the store in memory to a contract
     * @param test of that contract
     */
    record Caught(Mutant mutant, Class<?> contract, String test) {
        @Override
        public String toString() {
            return mutant.fault();
        }
    }

    static final List<Caught> ALL = List.of(
            store(
                    mutant(
                            "the version is not compared",
                            "log/StoreWrite",
                            "if (!version.holds(actual)) {",
                            "if (actual < 0) {"),
                    "append_at_another_version_is_a_conflict_that_names_both"),
            store(
                    mutant(
                            "a repeat is not known",
                            "log/StoreWrite",
                            "repeated = isRepeated(draft);",
                            "repeated = isRepeated(draft) && versions.size() > 1_000_000;"),
                    "append_repeated_without_versions_is_known_by_the_ids"),
            store(
                    mutant(
                            "what is known is stored again beside what is new",
                            "log/StoreWrite",
                            "        refuseKnownIds(draft);\n",
                            ""),
                    "append_of_a_known_event_beside_a_new_one_is_a_conflict"),
            store(
                    mutant(
                            "other content under a known id is taken for a repeat",
                            "log/StoreWrite",
                            "if (stored.isSameAs(event)) {",
                            "if (stored.id().equals(event.id())) {"),
                    "append_of_another_content_under_a_known_id_is_a_conflict"),
            store(
                    mutant(
                            "half of an append of several streams is stored",
                            "log/StoreWrite",
                            "        for (int n = 0; n < records.size(); n++) {\n            position++;",
                            "        int half = (append.events().size() + 1) / 2; for (int n = 0; n < half; n++) { position++;"),
                    "append_of_several_streams_gives_the_version_of_each"),
            store(
                    mutant(
                            "a condition on a stream that is not written is ignored",
                            "log/StoreWrite",
                            "append.conditions().forEach((id, version) -> check(id, version, draft));",
                            "append.conditions().forEach((id, version) -> { if (append.events().stream().anyMatch(e -> e.aggregateId().equals(id))) { check(id, version, draft);\n}\n});"),
                    "append_holds_to_conditions_on_streams_that_it_does_not_write"),
            store(
                    mutant(
                            "an event is skipped in the order of all",
                            "log/EmbeddedStore",
                            "if (selection.takes(event)) {",
                            "if (selection.takes(event) && record.offset() != 5) {"),
                    "all_gives_every_event_once_in_the_order_of_positions"),
            store(
                    mutant(
                            "two events are swapped in the order of all",
                            "log/EmbeddedStore",
                            "        return new Page(found, position);",
                            "        if (found.size() > 5) {\n            java.util.Collections.swap(found, 3, 4);\n        } return new Page(found, position);"),
                    "all_gives_every_event_once_in_the_order_of_positions"),
            snapshot(
                    mutant(
                            "the snapshot of another fold is used",
                            "store/Snapshots",
                            "fingerprints.computeIfAbsent(type, t -> Fingerprint.of(t, upcasters));",
                            "new Fingerprint(\"0\".repeat(Fingerprint.LENGTH), null);"),
                    "of_another_fold_is_ignored_and_counted"),
            snapshot(
                    mutant(
                            "the last event of a snapshot is folded again",
                            "store/OpenStore",
                            "engine.behind(id, found.version(), PAGE)",
                            "engine.behind(id, found.version() - 1, PAGE)"),
                    "never_changes_what_is_loaded"),
            projection(
                    mutant(
                            "a projection's position is written without its documents",
                            "store/ProjectionRun",
                            "            changes.addAll(step.changes());\n",
                            "            step.changes();\n"),
                    "follows_the_events_and_can_be_waited_for"),
            projection(
                    mutant(
                            "a projection applies an event twice",
                            "store/ProjectionRun",
                            "            boolean replay = position <= part.replayUntil();\n",
                            "            boolean replay = position <= part.replayUntil(); if (position % 3 == 0) { step.handle(event, /* replay= */ true);\n            }\n"),
                    "begins_with_what_was_there_and_goes_on_where_it_was"),
            projection(
                    mutant(
                            "effects are on while events are replayed",
                            "store/EventStep",
                            "            if (!replay) {",
                            "            if (!replay || this.replay) {"),
                    "does_effects_for_new_events_only_and_once"));

    /** What no contract looks at: it takes a crash, or a full disk. */
    static final List<Mutant> HIDDEN = List.of(
            mutant(
                    "a projection's documents are written before its position",
                    "store/ProjectionRun",
                    "            work.write(changes);\n",
                    "            work.write(step.changes()); work.write(List.of(builds.change(found, after)));\n"),
            mutant(
                    "an append is answered before it is durable",
                    "log/StoreWrite",
                    "    public boolean wantsSync() {\n        return true;",
                    "    public boolean wantsSync() { synced();\n        return true;"),
            mutant(
                    "what may yet fail to be committed is a reason to refuse",
                    "log/StoreWrite",
                    "            tooEarly = store.index().isDrafted(aggregateId);\n",
                    ""));

    private StoreMutants() {}

    private static Caught store(Mutant mutant, String test) {
        return new Caught(mutant, MemoryStoreContractTest.class, test);
    }

    private static Caught snapshot(Mutant mutant, String test) {
        return new Caught(mutant, MemorySnapshotContractTest.class, test);
    }

    private static Caught projection(Mutant mutant, String test) {
        return new Caught(mutant, MemoryProjectionContractTest.class, test);
    }

    private static Mutant mutant(String fault, String source, String right, String wrong) {
        return new Mutant(fault, EVENTS + source + ".java", right, wrong);
    }
}
