package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each of these faults of the embedded log is found by the seeds that {@link DurabilitySim} runs. */
class DurabilityMutantsTest {
    private static final Path CORE = Path.of("..", "core", "src", "main", "java");
    private static final String LOG = "io/clusterdb/events/log/";

    static Stream<Mutant> mutants() {
        return Stream.of(
                mutant("acks all without a sync", "Syncer", "            storage.sync();\n", ""),
                mutant(
                        "acks all before the sync",
                        "Syncer",
                        "        dirty.set(0);\n        try {",
                        "        dirty.set(0);\n        waiting.forEach(Committer.Write::synced);\n        try {"),
                mutant(
                        "acks all when it is written",
                        "BatchWrite",
                        "return writer.acks() == Acks.ALL;",
                        "return writer.acks() == Acks.NONE;"),
                mutant(
                        "a transaction is committed when it is written",
                        "EmbeddedTransaction",
                        "            return commits;",
                        "            return false;"),
                mutant(
                        "the last batch of a group is dropped",
                        "Committer",
                        "write.prepare(commit, touched);",
                        "if (group.size() < 3 || !waiting.isEmpty()) write.prepare(commit, touched);"),
                mutant(
                        "the last batch is forgotten when the log is opened",
                        "PartitionLog",
                        "end = last.nextOffset();",
                        "end = last.baseOffset();"),
                mutant(
                        "two batches are swapped",
                        "Accumulator",
                        "        to.addAll(closed);",
                        "        closed.descendingIterator().forEachRemaining(to::add);"),
                mutant(
                        "two records of a batch are swapped",
                        "Accumulator",
                        "            waiters.add(waiter);",
                        "            waiters.add(0, waiter);"),
                mutant("a retried sequence is appended again", "BatchWrite", "if (stored >= 0)", "if (stored == -7)"),
                mutant(
                        "what a failed commit left behind is not looked for",
                        "PartitionLog",
                        "if (entries.offset() >= before.end())",
                        "if (entries.offset() < 0)"),
                mutant(
                        "no last stable offset",
                        "PartitionLog",
                        "            for (long first : open.values()) {\n                stable = Math.min(stable, first);\n            }\n",
                        ""),
                mutant(
                        "aborted records are not filtered",
                        "PartitionLog",
                        "if (transaction.producer() == batch.producerId() && transaction.first() <= batch.baseOffset())",
                        "if (transaction.producer() < 0)"),
                mutant(
                        "transactions of a dead process stay open",
                        "EmbeddedLog",
                        "        settle(new Orphans(catalog, storage, environment));\n",
                        ""),
                mutant(
                        "a full disk loses what waited",
                        "Committer",
                        "passing && write.claimRetry(now)) {\n                waiting.addFirst(write);",
                        "passing && write.claimRetry(now)) {\n                write.committed();"),
                mutant(
                        "what is retried changes its order",
                        "Committer",
                        "for (Write write : group.reversed())",
                        "for (Write write : group)"),
                mutant(
                        "a failed sync is nobody's business",
                        "Syncer",
                        "waiting.forEach(write -> write.unknown(unknown));",
                        "waiting.forEach(Committer.Write::synced);"));
    }

    private static Mutant mutant(String fault, String source, String right, String wrong) {
        return new Mutant(fault, LOG + source + ".java", right, wrong);
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void mutants_are_found(Mutant mutant) throws Exception {
        Class<?> run = mutant.load(CORE).loadClass(DurabilityRun.class.getName());
        Method live = run.getDeclaredMethod("run", long.class, int.class);
        live.setAccessible(true);

        Throwable found = null;
        for (long seed = 0; seed < 300 && found == null; seed++) {
            try {
                live.invoke(null, seed, 150);
            } catch (InvocationTargetException e) {
                found = e.getCause();
            }
        }

        assertThat(found).as("a seed that notices: " + mutant).isNotNull();
    }

    @Test
    void a_storage_that_tears_commits_is_found() {
        Throwable found = null;
        for (long seed = 0; seed < 300 && found == null; seed++) {
            try {
                DurabilityRun.runTorn(seed, 150);
            } catch (RuntimeException | AssertionError e) {
                found = e;
            }
        }

        assertThat(found).as("a seed that notices").isNotNull();
    }
}
