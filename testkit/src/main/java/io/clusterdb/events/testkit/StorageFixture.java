package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.Storage.Table;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A storage that a contract is about, and what its tests say in short. */
abstract class StorageFixture {
    static final Table TABLE = new Table(5, "table");

    @TempDir
    Path home;

    private @Nullable Storage opened;

    /** Opens what is in a folder; an empty one the first time. */
    protected abstract Storage open(Path folder);

    @BeforeEach
    void open() {
        opened = open(home);
    }

    @AfterEach
    void close() {
        storage().close();
    }

    Storage storage() {
        return Objects.requireNonNull(opened);
    }

    void reopen() {
        close();
        open();
    }

    static byte[] key(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static Bytes entry(long number) {
        return Bytes.utf8("entry " + number);
    }

    static Bytes large(long number) {
        byte[] bytes = new byte[90_000];
        new Random(number).nextBytes(bytes);
        return Bytes.of(bytes);
    }

    Bytes entry(int log, long offset) {
        try (Storage.Entries entries = storage().entries(log, offset)) {
            assertThat(entries.next()).isTrue();
            assertThat(entries.offset()).isEqualTo(offset);
            return entries.bytes();
        }
    }

    List<Long> offsets(int log, long from) {
        List<Long> offsets = new ArrayList<>();
        try (Storage.Entries entries = storage().entries(log, from)) {
            while (entries.next()) {
                offsets.add(entries.offset());
            }
        }
        return offsets;
    }

    List<String> scan(Table table, String from, @Nullable String to) {
        List<String> found = new ArrayList<>();
        try (Storage.Cursor rows = storage().scan(table, key(from), to == null ? null : key(to))) {
            while (rows.next()) {
                found.add(text(rows.key()) + "=" + text(rows.value()));
            }
        }
        return found;
    }
}
