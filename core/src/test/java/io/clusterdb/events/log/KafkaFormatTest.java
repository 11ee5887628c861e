package io.clusterdb.events.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Compression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.TopicPartition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MutableRecordBatch;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The record batches and the placement of keys are Kafka's: each reads what the other wrote. */
class KafkaFormatTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    private static Bytes bytes(String text) {
        return Bytes.utf8(text);
    }

    private static String text(@Nullable ByteBuffer buffer) {
        return buffer == null
                ? "null"
                : StandardCharsets.UTF_8.decode(buffer.duplicate()).toString();
    }

    private static String text(@Nullable Bytes slice) {
        return slice == null ? "null" : slice.utf8();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void kafka_reads_what_we_write(Compression compression) {
        BatchBuilder builder = new BatchBuilder(64);
        for (int i = 0; i < 300; i++) {
            builder.add(
                    i % 3 == 0 ? null : bytes("key" + i),
                    i % 5 == 0 ? null : bytes("value ".repeat(i % 50)),
                    new Headers.Builder()
                            .add("n", Integer.toString(i))
                            .add("none", (Bytes) null)
                            .build());
        }
        Bytes batch = builder.close(compression, 299);
        new BatchBuilder.Stamp(1_000_000_007L, 1_700_000_000_123L, 4711, (short) 3, 99).on(batch, Batch.TRANSACTIONAL);

        MutableRecordBatch read = MemoryRecords.readableRecords(batch.buffer())
                .batches()
                .iterator()
                .next();

        read.ensureValid();
        assertThat(read.magic()).isEqualTo(RecordBatch.MAGIC_VALUE_V2);
        assertThat(read.compressionType().name).isEqualTo(compression.name().toLowerCase(Locale.ROOT));
        assertThat(read.baseOffset()).isEqualTo(1_000_000_007L);
        assertThat(read.lastOffset()).isEqualTo(1_000_000_306L);
        assertThat(read.maxTimestamp()).isEqualTo(1_700_000_000_123L);
        assertThat(read.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(read.producerId()).isEqualTo(4711);
        assertThat(read.producerEpoch()).isEqualTo((short) 3);
        assertThat(read.baseSequence()).isEqualTo(99);
        assertThat(read.isTransactional()).isTrue();
        int i = 0;
        for (Record record : read) {
            assertThat(record.offset()).isEqualTo(1_000_000_007L + i);
            assertThat(record.timestamp()).isEqualTo(1_700_000_000_123L);
            assertThat(text(record.key())).isEqualTo(i % 3 == 0 ? "null" : "key" + i);
            assertThat(text(record.value())).isEqualTo(i % 5 == 0 ? "null" : "value ".repeat(i % 50));
            assertThat(record.headers()).extracting(Header::key).containsExactly("n", "none");
            assertThat(record.headers()[0].value()).asString().isEqualTo(Integer.toString(i));
            assertThat(record.headers()[1].value()).isNull();
            i++;
        }
        assertThat(i).isEqualTo(300);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void we_read_what_kafka_writes(Compression compression) {
        List<SimpleRecord> written = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            written.add(new SimpleRecord(
                    1_700_000_000_000L,
                    i % 3 == 0 ? null : ("key" + i).getBytes(StandardCharsets.UTF_8),
                    i % 5 == 0 ? null : "value ".repeat(i % 50).getBytes(StandardCharsets.UTF_8),
                    new Header[] {new RecordHeader("n", Integer.toString(i).getBytes(StandardCharsets.UTF_8))}));
        }
        MemoryRecords records = MemoryRecords.withRecords(
                500L,
                org.apache.kafka.common.compress.Compression.of(CompressionType.forId(Codec.id(compression)))
                        .build(),
                written.toArray(new SimpleRecord[0]));
        byte[] stored = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(stored);

        Batch batch = new Batch(Bytes.of(stored));

        assertThat(batch.baseOffset()).isEqualTo(500);
        assertThat(batch.nextOffset()).isEqualTo(800);
        assertThat(batch.count()).isEqualTo(300);
        List<LogRecord> read = batch.records(PARTITION, 0);
        for (int i = 0; i < 300; i++) {
            LogRecord record = read.get(i);
            assertThat(record.offset()).isEqualTo(500L + i);
            assertThat(text(record.key())).isEqualTo(i % 3 == 0 ? "null" : "key" + i);
            assertThat(text(record.value())).isEqualTo(i % 5 == 0 ? "null" : "value ".repeat(i % 50));
            assertThat(text(record.headers().last("n"))).isEqualTo(Integer.toString(i));
        }
        assertThat(batch.records(PARTITION, 700)).hasSize(100);
    }

    @Test
    void markers_of_transactions_are_kafkas_control_batches() {
        for (boolean commits : new boolean[] {true, false}) {
            Bytes marker = Markers.batch(commits);
            new BatchBuilder.Stamp(7, 1, 5, (short) 0, -1).on(marker, Batch.CONTROL | Batch.TRANSACTIONAL);

            MutableRecordBatch read = MemoryRecords.readableRecords(marker.buffer())
                    .batches()
                    .iterator()
                    .next();

            read.ensureValid();
            assertThat(read.isControlBatch()).isTrue();
            assertThat(ControlRecordType.parse(read.iterator().next().key()))
                    .isEqualTo(commits ? ControlRecordType.COMMIT : ControlRecordType.ABORT);
        }
    }

    @Test
    void keys_go_to_the_partitions_that_kafka_chooses() {
        Random random = new Random(7);
        for (int length = 0; length < 200; length++) {
            byte[] key = new byte[length];
            random.nextBytes(key);
            byte[] padded = new byte[length + 3];
            System.arraycopy(key, 0, padded, 2, length);

            assertThat(Partitioner.murmur2(Bytes.of(key))).isEqualTo(Utils.murmur2(key));
            assertThat(Partitioner.murmur2(new Bytes(padded, 2, length))).isEqualTo(Utils.murmur2(key));
            assertThat(Partitioner.partition(Bytes.of(key), 17)).isEqualTo(Utils.toPositive(Utils.murmur2(key)) % 17);
        }
    }

    @Test
    void a_batch_with_any_byte_changed_behind_its_epoch_is_refused() {
        BatchBuilder builder = new BatchBuilder(64);
        builder.add(bytes("key"), bytes("value"), Headers.NONE);
        Bytes batch = builder.close(Compression.NONE, 0);
        new BatchBuilder.Stamp(3, 1, 5, (short) 0, 0).on(batch, 0);

        for (int i = Batch.LENGTH; i < batch.length(); i++) {
            byte[] damaged = batch.toArray().clone();
            damaged[i] ^= 0x10;
            if (i < Batch.LEADER_EPOCH || i == Batch.MAGIC) {
                assertThatThrownBy(() -> new Batch(Bytes.of(damaged))).isInstanceOf(MalformedBytesException.class);
            } else if (i > Batch.MAGIC) { // the checksum tells, to whoever gets it other than from a storage
                assertThatThrownBy(() -> valid(damaged)).isInstanceOf(CorruptRecordException.class);
            }
        }
    }

    private static void valid(byte[] batch) {
        MemoryRecords.readableRecords(ByteBuffer.wrap(batch)).batches().forEach(RecordBatch::ensureValid);
    }

    @Test
    void a_batch_that_unpacks_to_nonsense_is_malformed() {
        for (Compression compression : Compression.values()) {
            if (compression != Compression.NONE) {
                assertThatThrownBy(() -> Codec.decompress(compression, bytes("certainly not compressed data")))
                        .isInstanceOf(MalformedBytesException.class);
            }
        }
    }
}
