package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.postgres.GroupCommit.Sent;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Appends that are sent together, without a server. */
class GroupCommitTest {
    private final Patience patience = new Patience(Duration.ofSeconds(30));

    /** What was sent together, by its aggregates, and the calls by the same names. */
    private final List<String> order = new CopyOnWriteArrayList<>();

    private final Map<String, CompletableFuture<Void>> calls = new ConcurrentHashMap<>();

    /** Each call ends when it is told to, and nobody loses patience. */
    private final GroupCommit steps = new GroupCommit(
            appends -> {
                String names = appends.stream().map(StreamRows::aggregateId).collect(Collectors.joining());
                order.add(names);
                call(names).join();
                return Collections.nCopies(appends.size(), new Sent(null, null, 7));
            },
            60_000);

    private CompletableFuture<Void> call(String names) {
        return calls.computeIfAbsent(names, key -> new CompletableFuture<>());
    }

    private static StreamRows append(String aggregate) {
        return new StreamRows(List.of(EngineFixture.event(aggregate)));
    }

    @Test
    void each_is_sent_once_and_gets_its_own_answer() {
        Map<String, Integer> sent = new ConcurrentHashMap<>();
        GroupCommit groups = new GroupCommit(appends -> {
            appends.forEach(each -> sent.merge(each.aggregateId(), 1, Integer::sum));
            return appends.stream()
                    .map(each -> new Sent(new AppendToken("s", 1, Map.of(each.aggregateId(), 1L)), null, 7))
                    .toList();
        });
        List<CompletableFuture<Void>> writers = IntStream.range(0, 16)
                .mapToObj(writer -> EngineFixture.start(() -> {
                    for (int n = 0; n < 500; n++) {
                        String own = writer + "-" + n;
                        AppendToken token =
                                Objects.requireNonNull(groups.send(append(own)).token());
                        assertThat(token.versions()).containsOnlyKeys(own);
                    }
                }))
                .toList();
        patience.until("all are answered", () -> writers.stream().allMatch(CompletableFuture::isDone));

        assertThat(writers).noneMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(sent)
                .hasSize(16 * 500)
                .allSatisfy((own, times) -> assertThat(times).isOne());
    }

    @Test
    void one_that_is_interrupted_does_not_wait_for_strangers() {
        CountDownLatch sending = new CountDownLatch(2);
        CountDownLatch held = new CountDownLatch(1);
        GroupCommit groups = new GroupCommit(appends -> {
            if (appends.get(0).aggregateId().startsWith("stranger")) {
                sending.countDown();
                try {
                    held.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return Collections.nCopies(appends.size(), new Sent(null, null, 7));
        });
        CompletableFuture<Void> one = EngineFixture.start(() -> groups.send(append("stranger-1")));
        CompletableFuture<Void> other = EngineFixture.start(() -> groups.send(append("stranger-2")));
        patience.until("both are on their way", () -> sending.getCount() == 0);

        CompletableFuture<Void> interrupted = EngineFixture.start(() -> {
            Thread.currentThread().interrupt();
            assertThat(groups.send(append("own")).backend()).isEqualTo(7);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        patience.until("it is sent", interrupted::isDone);

        assertThat(interrupted).isCompleted();
        assertThat(one).isNotDone();
        assertThat(other).isNotDone();
        held.countDown();
        patience.until("the others go on", () -> one.isDone() && other.isDone());
    }

    @Test
    void those_that_were_answered_first_wait_for_each_other() {
        Thread a = begin("A");
        Thread b = begin("B");
        Thread c = begin("C");
        Thread d = begin("D");
        Thread e = begin("E");
        answer(call("B"), b);
        patience.until("those that have waited are sent together", () -> order.contains("CDE"));
        Thread f = begin("F");
        answer(call("A"), a);
        Thread g = begin("G");
        answer(call("CDE"), c, d, e);
        patience.until("so are those behind them", () -> order.contains("FG"));
        answer(call("FG"), f, g);

        assertThat(order).containsExactly("A", "B", "CDE", "FG");
    }

    @Test
    void writers_that_have_left_are_not_waited_for_while_a_call_is_held_up() {
        begin("A");
        Thread b = begin("B");
        Thread c = begin("C");
        Thread d = begin("D");
        Thread e = begin("E");
        answer(call("B"), b);
        answer(call("CDE"), c, d, e);
        Thread f = begin("F");
        Thread alone = begin("G");
        alone.interrupt();
        patience.until("it goes alone", () -> order.contains("G"));
        answer(call("G"), alone);
        Thread h = begin("H");
        patience.until("two are half of those that are left", () -> order.contains("FH"));
        answer(call("FH"), f, h);
        call("A").complete(null);

        assertThat(order).containsExactly("A", "B", "CDE", "G", "FH");
    }

    /** Sends an append, and returns when it is on its way or waits. */
    private Thread begin(String aggregate) {
        Thread writer = new Thread(() -> steps.send(append(aggregate)));
        writer.start();
        patience.until(
                aggregate + " waits",
                () -> EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING)
                        .contains(writer.getState()));
        return writer;
    }

    /** Ends the call with these appends, and returns when all of them are answered. */
    private void answer(CompletableFuture<Void> call, Thread... writers) {
        call.complete(null);
        for (Thread writer : writers) {
            patience.until("it is answered", () -> !writer.isAlive());
        }
    }
}
