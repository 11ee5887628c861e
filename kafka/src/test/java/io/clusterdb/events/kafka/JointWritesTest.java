package io.clusterdb.events.kafka;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogMember;
import io.clusterdb.events.spi.LogTransaction;
import io.clusterdb.events.spi.LogWriter.Appended;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import io.clusterdb.events.testkit.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of records with copies that wait together, on a cluster that refuses some or is gone. */
class JointWritesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final Simulation simulation = new Simulation(1);
    private int begun;
    private boolean gone;

    private final JointWrites writes = new JointWrites(simulation, this::begin, PATIENCE, () -> {});

    private LogTransaction begin() {
        begun++;
        if (gone) {
            simulation.pass(ANSWER);
            throw new UnavailableException(new Problem(ErrorCode.ENGINE_UNAVAILABLE, "gone", "it is", "wait"));
        }
        return new Picky();
    }

    /** Refuses to commit what has a record "bad". */
    private static final class Picky implements LogTransaction {
        private final List<String> values = new ArrayList<>();

        @Override
        public String id() {
            return "picky";
        }

        @Override
        public CompletableFuture<Appended> append(NewRecord record, List<NewRecord> copies) {
            values.add(requireNonNull(record.value()).utf8());
            return CompletableFuture.completedFuture(new Appended(new TopicPartition("t", 0), values.size()));
        }

        @Override
        public CompletableFuture<Void> commit(List<NewRecord> records) {
            return values.contains("bad")
                    ? CompletableFuture.failedFuture(RejectedException.engine("bad", "it is", "leave it out"))
                    : CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> commit(
                LogMember member, Map<TopicPartition, Long> floors, List<NewRecord> records) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Void> abort() {
            return CompletableFuture.completedFuture(null);
        }
    }

    private CompletableFuture<Appended> append(String value) {
        return writes.append(new NewRecord("t", 0, null, Bytes.utf8(value), Headers.NONE), List.of());
    }

    private List<CompletableFuture<Appended>> append(int count) {
        return IntStream.range(0, count).mapToObj(i -> append("v" + i)).toList();
    }

    private static ErrorCode failure(CompletableFuture<Appended> answer) {
        return ((EventsException) answer.exceptionNow()).code();
    }

    @Test
    void one_that_is_refused_fails_alone() {
        CompletableFuture<Appended> good = append("good");
        CompletableFuture<Appended> bad = append("bad");
        CompletableFuture<Appended> better = append("better");

        simulation.pass(Duration.ofSeconds(1));

        assertThat(List.of(good, better)).allMatch(answer -> answer.resultNow() != null);
        assertThat(failure(bad)).isEqualTo(ErrorCode.ENGINE_REFUSED);
    }

    @Test
    void a_cluster_that_does_not_answer_is_asked_once_for_all_that_wait() {
        gone = true;
        List<CompletableFuture<Appended>> answers = append(1_000);

        simulation.pass(Duration.ofSeconds(1));

        assertThat(begun).isOne();
        assertThat(answers).allMatch(answer -> failure(answer) == ErrorCode.ENGINE_UNAVAILABLE);
    }

    @Test
    void what_has_waited_for_the_delivery_timeout_is_not_tried_any_more() {
        gone = true;
        List<CompletableFuture<Appended>> answers = append(10_000);
        long before = simulation.nanos();

        writes.close();

        assertThat(Duration.ofNanos(simulation.nanos() - before)).isEqualTo(PATIENCE);
        assertThat(begun).isEqualTo(4);
        assertThat(answers.subList(0, 4_000)).allMatch(answer -> failure(answer) == ErrorCode.ENGINE_UNAVAILABLE);
        assertThat(answers.subList(4_000, 10_000)).allMatch(answer -> failure(answer) == ErrorCode.PUBLISH_TIMEOUT);
    }
}
