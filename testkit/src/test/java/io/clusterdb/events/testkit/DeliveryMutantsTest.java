package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each of these faults in the transitions of delivery is found by the seeds that {@link DeliverySim} runs. */
class DeliveryMutantsTest {
    private static final Path CORE = Path.of("..", "core", "src", "main", "java");
    private static final String BROKER = "io/clusterdb/events/broker/";

    /** The seed that finds what no smaller one does. It comes first: the way to it takes half a minute. */
    private static final long RARE = 213;

    static Stream<Mutant> mutants() {
        return Stream.of(
                mutant("an attempt is not counted", "Delivery", "entry.attempts++;", ""),
                mutant("attempts are forgotten by a crash", "DeliveryLog", "entry.attempts = kind >>> 2;", ""),
                mutant(
                        "one attempt too many",
                        "Delivery",
                        "isExhausted = entry.attempts >= processor.retry().maxAttempts()",
                        "isExhausted = entry.attempts > processor.retry().maxAttempts()"),
                mutant(
                        "a stale answer is taken",
                        "Entry",
                        "state == State.LEASED && token == answered",
                        "state == State.LEASED"),
                mutant(
                        "a lease never ends",
                        "Delivery",
                        "if (until - now.nanos() <= 0 && !entry.settling)",
                        "if (entry.offset < 0)"),
                mutant("keys have no order", "Delivery", "return key == null ?", "return true ?"),
                mutant(
                        "what waits for its retry lets its key pass",
                        "Delivery",
                        "        parked.add(entry);\n        unwritten.touch(entry);",
                        "        parked.add(entry);\n        if (entry.lane != null) { entry.lane.entries.remove(entry); entry.lane.entries.add(entry); }\n        unwritten.touch(entry);"),
                mutant(
                        "the mark moves on to what is merely read",
                        "Unwritten",
                        "return aboveMark == 0 ? Math.max(mark, next) : mark;",
                        "return Math.max(mark, next);"),
                mutant(
                        "the mark passes what was not handed out",
                        "Unwritten",
                        "                aboveMark--;\n                touch(covered);",
                        "                aboveMark--;"),
                mutant(
                        "unanswered events are not written down",
                        "DeliveryLog",
                        "Bytes value = entries.isEmpty() ? null",
                        "Bytes value = entries.size() < 3 ? null"),
                mutant(
                        "a dead letter is dropped",
                        "Delivery",
                        "unwritten.add(new Letter(entry, disposition, failure));",
                        ""),
                mutant(
                        "answers are confirmed before they are written",
                        "Dispatcher",
                        "step.answers.add(next);",
                        "next.confirm();"),
                mutant(
                        "events are handed out before their attempt is written",
                        "Dispatcher",
                        "        step = new Step();\n        written = next;",
                        "        step = new Step();\n        next.runs.forEach(outlet::give);\n        next.runs.clear();\n        written = next;"),
                mutant(
                        "a partition is given away while its events are out",
                        "Dispatcher",
                        "writing == null && delivery.leasedCount() == 0 &&",
                        "writing == null &&"));
    }

    private static Mutant mutant(String fault, String source, String right, String wrong) {
        return new Mutant(fault, BROKER + source + ".java", right, wrong);
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void mutants_are_found(Mutant mutant) throws Exception {
        Class<?> run = mutant.load(CORE).loadClass(DeliveryRun.class.getName());
        Method live = run.getDeclaredMethod("run", long.class, int.class);
        live.setAccessible(true);

        assertThat(RARE).as("a seed that each run goes through").isLessThan(DeliverySim.FEW_SEEDS);
        Throwable found = null;
        for (long n = -1; n < DeliverySim.FEW_SEEDS && found == null; n++) {
            try {
                live.invoke(null, n < 0 ? RARE : n, 150);
            } catch (InvocationTargetException e) {
                found = e.getCause();
            }
        }

        assertThat(found).as("a seed that notices: " + mutant).isNotNull();
    }
}
