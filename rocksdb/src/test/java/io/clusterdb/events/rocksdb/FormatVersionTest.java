package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a later version may have written is refused, not guessed at; and is left as it is. */
class FormatVersionTest {
    @TempDir
    Path home;

    @BeforeEach
    void fill() {
        try (Events events = open()) {
            events.createTopic(Topic.named("t"));
            events.publish("t", Event.of("kept"));
        }
    }

    private Events open() {
        return Events.open(RocksDbLife.broker(home));
    }

    private void assertRefused(String found, String expected) {
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        CorruptionException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_FORMAT))
                .hasMessageContaining("found " + found)
                .hasMessageContaining("expected " + expected)
                .hasMessageContaining(home.toString());
    }

    @Test
    void folder_of_another_version_is_refused() throws IOException {
        Path format = home.resolve("format");
        String known = Files.readString(format);

        Files.writeString(format, "events folder 2\n");

        assertRefused("events folder 2", "events folder 1");
        Files.writeString(format, known);
        assertReadable();
    }

    @Test
    void journal_of_another_version_is_refused() throws IOException {
        Path segment = home.resolve("journal").resolve(Segment.fileName(1));

        version(segment, 2);

        assertRefused("version 2", "version 1");
        version(segment, 1);
        assertReadable();
    }

    private static void version(Path segment, int version) throws IOException {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(4).putInt(version).flip(), 4);
        }
    }

    private void assertReadable() {
        try (Events events = open();
                var reader = events.read(LogQuery.of("t"))) {
            assertThat(reader.next(Duration.ofSeconds(10))).isPresent();
        }
    }
}
