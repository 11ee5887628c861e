package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.Producer;
import io.clusterdb.events.Topic;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BenchLoadTest {
    private static final int EVENTS = 2_000;

    private final Events events = Events.open(EventBroker.named("bench"));
    private final BenchEvents payload = new BenchEvents(100);
    private final Progress progress = new Progress(new Terminal(), EVENTS);

    @BeforeEach
    void topics() {
        events.createTopic(Topic.named("a"));
        events.createTopic(Topic.named("b"));
    }

    @AfterEach
    void close() {
        events.close();
    }

    private BenchLoad load(int threads, boolean sync, double rate) {
        return new BenchLoad(events, List.of("a", "b"), payload, Producer.defaults(), threads, sync, rate);
    }

    private long end(String topic) {
        return events.topics().status(topic).partitions().getFirst().end();
    }

    @Test
    void each_event_is_published_once_and_measured_once() {
        for (boolean sync : new boolean[] {false, true}) {
            long before = end("a");

            BenchLoad.Result result = load(3, sync, 0).publish(0, EVENTS, progress);

            assertThat(result.events()).isEqualTo(EVENTS);
            assertThat(result.latency().getTotalCount()).isEqualTo(EVENTS);
            assertThat(end("a") - before).isEqualTo(EVENTS / 2);
        }
        assertThat(end("b")).isEqualTo(end("a"));
    }

    @Test
    void without_a_rate_latencies_of_one_after_the_other_fit_into_the_time() {
        BenchLoad.Result result = load(1, true, 0).publish(0, EVENTS, progress);

        assertThat(result.latency().getMean() * EVENTS).isLessThan(result.nanos() * 1.01);
    }

    @Test
    void with_a_rate_that_can_not_be_held_events_are_late_for_all_that_came_before_them() {
        BenchLoad.Result result = load(1, true, 1e9).publish(0, EVENTS, progress);

        assertThat(result.latency().getMean() * EVENTS).isGreaterThan(result.nanos() * 10.0);
    }

    @Test
    void a_refusal_ends_it() {
        events.deleteTopic("b");

        assertThatThrownBy(() -> load(2, false, 0).publish(0, EVENTS, progress)).isInstanceOf(NotFoundException.class);
    }

    @Test
    void what_is_lost_or_duplicated_or_damaged_is_found() {
        payload.take(payload.event(0));
        payload.take(payload.event(1));
        assertThat(payload.faults(2)).isEmpty();

        payload.take(payload.event(1));
        Event whole = payload.event(2);
        byte[] bytes = whole.bytes();
        bytes[50] ^= 1;
        payload.take(whole.withContent(bytes, "application/octet-stream"));

        assertThat(payload.faults(5)).isEqualTo("2 lost, 1 duplicated, 1 damaged");
    }
}
