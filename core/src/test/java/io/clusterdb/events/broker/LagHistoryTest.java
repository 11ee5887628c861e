package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LagHistoryTest {
    private final LagHistory history = new LagHistory();

    private static long seconds(long value) {
        return Duration.ofSeconds(value).toNanos();
    }

    @Test
    void a_group_has_a_trend_once_it_was_seen_for_some_seconds() {
        history.note("orders", seconds(100), 50);

        assertThat(history.trend("orders", seconds(109), 500)).isNull();
        assertThat(history.trend("orders", seconds(110), 80)).isEqualTo(3.0);
        assertThat(history.trend("orders", seconds(110), 30)).isEqualTo(-2.0);
        assertThat(history.trend("other", seconds(110), 30)).isNull();
    }

    @Test
    void a_trend_is_that_of_the_last_minutes() {
        for (int n = 0; n < 11; n++) {
            history.note("orders", seconds(30L * n), n == 0 ? 1_000_000 : 30L * n);
        }

        assertThat(history.trend("orders", seconds(330), 330)).isEqualTo(1.0);
    }

    @Test
    void a_group_that_is_gone_is_forgotten() {
        history.note("orders", 0, 0);
        history.note("other", 0, 0);
        history.retain(List.of("other"));

        assertThat(history.trend("orders", seconds(60), 60)).isNull();
        assertThat(history.trend("other", seconds(60), 60)).isEqualTo(1.0);
    }
}
