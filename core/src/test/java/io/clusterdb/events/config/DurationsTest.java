package io.clusterdb.events.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({"500ms,500", "30s,30000", "5m,300000", "2h,7200000", "7d,604800000", "PT5M,300000", "pt0.5s,500"})
    void a_unit_or_iso_8601_says_a_duration(String text, long millis) {
        assertThat(Durations.parse(text)).contains(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"1d12h,129600000", "1m500ms,60500", "' 5m ',300000", "5M,300000"})
    void units_can_follow_from_large_to_small(String text, long millis) {
        assertThat(Durations.parse(text)).contains(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "5", "m", "5 m", "5x", "-5m", "5m3d", "5m5m", "1.5h", "P", "99999999999999999999d"})
    void anything_else_says_none(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PT5M,5m", "PT90M,90m", "PT168H,7d", "PT0S,0s", "PT0.5S,500ms", "PT0.000001S,PT0.000001S"})
    void text_takes_the_largest_unit_that_fits(String iso, String text) {
        assertThat(Durations.text(Duration.parse(iso))).isEqualTo(text);
    }

    @Test
    void what_text_writes_parse_reads() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            Duration duration = Duration.ofMillis(random.nextLong(1L << (1 + random.nextInt(52))));
            assertThat(Durations.parse(Durations.text(duration))).contains(duration);
        }
    }
}
