package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.postgres.GroupCommit.Sent;
import io.clusterdb.events.testkit.Patience;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Appends that are sent together, without a server. */
class GroupCommitTest {
    private final Patience patience = new Patience(Duration.ofSeconds(30));

    private static StreamRows append(String aggregate) {
        return new StreamRows(List.of(EngineFixture.event(aggregate)));
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
}
