package io.clusterdb.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.spi.DataCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The small values of the dictionary. */
class ValuesTest {
    @Test
    void sizes_are_read_and_written_in_their_units() {
        assertThat(ByteSize.parse("512")).isEqualTo(ByteSize.bytes(512));
        assertThat(ByteSize.parse("10GB").bytes()).isEqualTo(10_000_000_000L);
        assertThat(ByteSize.parse("10 GiB").bytes()).isEqualTo(10L << 30);
        assertThat(ByteSize.parse("16kb")).isEqualTo(ByteSize.kb(16));
        for (ByteSize size : List.of(ByteSize.gb(10), ByteSize.kib(16), ByteSize.bytes(1_500), ByteSize.bytes(0))) {
            assertThat(ByteSize.parse(size.toString())).isEqualTo(size);
        }
        for (String bad : List.of("", "GB", "-1", "1.5GB", "1XB", "99999999999999999999", "9999999999TiB")) {
            assertThatThrownBy(() -> ByteSize.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void backoff_grows_to_its_maximum_and_is_spread_by_its_jitter() {
        ExponentialBackoff plain = new ExponentialBackoff(Duration.ofSeconds(1), Duration.ofSeconds(60), 2.0).jitter(0);
        Random random = new Random(1);
        assertThat(List.of(plain.after(1, random), plain.after(2, random), plain.after(3, random)))
                .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
        assertThat(plain.after(50, random)).isEqualTo(Duration.ofSeconds(60));
        ExponentialBackoff spread = plain.jitter(0.2);
        for (int i = 0; i < 1_000; i++) {
            assertThat(spread.after(1, random)).isBetween(Duration.ofMillis(800), Duration.ofMillis(1_200));
        }
    }

    @Test
    void settings_out_of_range_are_rejected_with_what_is_allowed() {
        assertThatThrownBy(() -> Producer.defaults().withLinger(Duration.ofMinutes(3)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("linger");
        assertThatThrownBy(() -> Producer.defaults().withBatchSize(ByteSize.bytes(0)))
                .isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> Subscription.of("g").concurrency(0)).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> RetryPolicy.exponential(0, Duration.ZERO, Duration.ZERO, 1))
                .isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> Topic.named("t").partitions(0)).isInstanceOf(RejectedException.class);
    }

    @Test
    void texts_with_half_a_character_are_refused_before_two_of_them_become_one() {
        String half = "o-\uD83D";
        DomainEvent whole = DomainEvent.of("Order", "o-\uD83D\uDE00", 0, "Paid", 1);
        List<DomainEvent> unkept =
                List.of(whole.withId(half), whole.withMetadata(half, "v"), whole.withMetadata("n", half + "!"));

        for (DomainEvent event : unkept) {
            assertThatThrownBy(() -> sealed(event))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining("half of a character");
        }
        assertThatThrownBy(() -> DomainEvent.of("Order", half, 0, "Paid", 1)).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> DomainEvent.of("Order", "\uDE00\uD83D", 0, "Paid", 1))
                .isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> DomainEvent.of("Order", "o", 0, half, 1)).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> Append.of(whole).expecting(half, ExpectedVersion.any()))
                .isInstanceOf(RejectedException.class);
        assertThat(sealed(whole).aggregateId()).isEqualTo("o-\uD83D\uDE00");
    }

    private static DomainEvent sealed(DomainEvent event) {
        String id = event.id();
        return event.sealed("orders", id == null ? "e" : id, Instant.EPOCH, DataCodec.NONE);
    }

    @Test
    void problems_print_in_three_lines_error_cause_solution() {
        RejectedException e = RejectedException.tooLarge("the event for topic orders", 2_000, 1_000, "maxMessageSize");

        assertThat(e).hasMessage("""
            Error: Message too large [EV-2004]
              Cause:    the event for topic orders has 2000 bytes, the limit is 1000 bytes (maxMessageSize)
              Solution: Increase maxMessageSize, or keep the data elsewhere and publish a reference to it\
            """);
    }

    @Test
    void times_are_read_and_written_as_the_general_parser_does() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            long seconds = random.nextLong(4_000_000_000L);
            int nanos = switch (i % 4) {
                case 0 -> 0;
                case 1 -> random.nextInt(1_000) * 1_000_000;
                case 2 -> random.nextInt(1_000_000) * 1_000;
                default -> random.nextInt(1_000_000_000);
            };
            Instant time = Instant.ofEpochSecond(seconds, nanos);
            assertThat(Rfc3339.format(time)).isEqualTo(time.toString());
            assertThat(Rfc3339.parse(time.toString())).isEqualTo(time);
        }
        assertThat(Rfc3339.parse("2024-02-29T23:59:59.5Z")).isEqualTo(Instant.parse("2024-02-29T23:59:59.500Z"));
        for (String bad :
                List.of("", "2024-02-29", "2024-02-29T24:00:00.001Z", "2024-02-29T1a:00:00Z", "2024-13-01T00:00:00Z")) {
            assertThatThrownBy(() -> Rfc3339.parse(bad)).isInstanceOf(java.time.DateTimeException.class);
        }
        for (Instant odd : List.of(Instant.ofEpochSecond(-5, 7), Instant.MAX, Instant.MIN)) {
            assertThat(Rfc3339.parse(Rfc3339.format(odd))).isEqualTo(odd);
        }
    }

    @Test
    void settings_of_a_topic_out_of_their_range_are_refused() {
        Topic topic = Topic.named("orders");

        assertThatThrownBy(() -> topic.retention(Duration.ZERO, ByteSize.gb(1)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("time of retention is out of its range");
        assertThatThrownBy(() -> topic.maxMessageSize(ByteSize.bytes(0)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("maxMessageSize of topic is out of its range");
        assertThatThrownBy(() -> topic.deleteRetention(Duration.ofSeconds(-1)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("deleteRetention of topic is out of its range");
    }

    @Test
    void events_are_values_that_each_with_copies() {
        Event plain = Event.of("order.created", Map.of("total", 5));
        Event named = plain.withId("e-1").withKey("k").withMetadata("a", "1").withMetadata(Map.of("a", "2"));

        assertThat(plain.id()).isNull();
        assertThat(plain.key()).isNull();
        assertThat(named.id()).isEqualTo("e-1");
        assertThat(named.metadata()).isEqualTo(Map.of("a", "2"));
        assertThat(named.data().get("total").asInt()).isEqualTo(5);
        assertThatThrownBy(() -> named.data(Integer.class))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("Integer");
        assertThatThrownBy(() -> Event.of(" ")).isInstanceOf(RejectedException.class);
    }
}
