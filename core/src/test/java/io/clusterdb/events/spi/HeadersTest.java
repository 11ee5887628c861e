package io.clusterdb.events.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeadersTest {
    @Test
    void any_number_of_headers_comes_back_in_order() {
        for (int count : new int[] {0, 1, 63, 64, 65, 300}) {
            Headers.Builder builder = new Headers.Builder();
            for (int i = 0; i < count; i++) {
                builder.add("name" + i, i % 7 == 0 ? null : Bytes.utf8("value" + i));
            }

            Headers headers = builder.build();

            List<Headers.Header> read = headers.toList();
            assertThat(read).hasSize(count);
            assertThat(headers.count()).isEqualTo(count);
            assertThat(headers.behind(count / 3).toList()).isEqualTo(read.subList(count / 3, count));
            for (int i = 0; i < count; i++) {
                assertThat(read.get(i).name()).isEqualTo("name" + i);
                assertThat(read.get(i).value()).isEqualTo(i % 7 == 0 ? null : Bytes.utf8("value" + i));
            }
        }
    }

    @Test
    void the_last_of_a_name_counts_and_more_can_be_added() {
        Headers headers = new Headers.Builder().add("a", "1").add("a", "2").build();

        assertThat(headers.last("a")).isEqualTo(Bytes.utf8("2"));
        assertThat(headers.last("b")).isNull();
        assertThat(headers.and(List.of(new Headers.Header("b", Bytes.utf8("3"))))
                        .last("b"))
                .isEqualTo(Bytes.utf8("3"));
    }

    @Test
    void bytes_that_are_no_headers_are_malformed_and_never_read_beyond() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] nonsense = new byte[random.nextInt(30)];
            random.nextBytes(nonsense);
            try {
                new Headers(Bytes.of(nonsense)).toList();
            } catch (MalformedBytesException expected) {
                assertThat(expected).hasMessageMatching(".+");
            }
        }
        assertThatThrownBy(() -> new Headers(Bytes.of(new byte[] {2})).toList())
                .isInstanceOf(MalformedBytesException.class);
    }

    @Test
    void variable_length_integers_come_back() {
        byte[] buffer = new byte[Varint.MAX_LONG_BYTES];
        for (long value :
                new long[] {0, 1, -1, 63, 64, -64, -65, 1 << 20, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE}) {
            int end = Varint.writeSigned(buffer, 0, value);
            assertThat(end).isEqualTo(Varint.signedSize(value));
            assertThat(new ByteReader(new Bytes(buffer, 0, end)).readSignedVarint())
                    .isEqualTo(value);
        }
    }
}
