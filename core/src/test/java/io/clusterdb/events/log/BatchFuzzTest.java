package io.clusterdb.events.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.MalformedBytesException;
import io.clusterdb.events.spi.TopicPartition;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whatever bytes a batch is made of, they are records or malformed. */
class BatchFuzzTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    @FuzzTest(maxDuration = "2m")
    void bytes_are_records_or_malformed(byte[] bytes) {
        try {
            List<LogRecord> records = decoded(Bytes.of(sealed(bytes)));
            List<LogRecord> again = decoded(encoded(records, new Batch(Bytes.of(bytes))));
            assertThat(contents(again)).isEqualTo(contents(records));
        } catch (MalformedBytesException e) {
            assertThat(e).hasMessageContaining(" ");
        }
    }

    /** As if whoever wrote it knew how long it is, and had taken the checksum of it: else nothing behind is looked at. */
    private static byte[] sealed(byte[] bytes) {
        if (bytes.length >= Batch.HEADER) {
            Batch.INT.set(bytes, Batch.LENGTH, bytes.length - Batch.MAGIC + 4);
            bytes[Batch.MAGIC] = Batch.VERSION;
            Batch.INT.set(bytes, Batch.CRC, Batch.crc(bytes, 0, bytes.length));
        }
        return bytes;
    }

    private static List<LogRecord> decoded(Bytes bytes) {
        List<LogRecord> records = new Batch(bytes).records(PARTITION, Long.MIN_VALUE);
        for (LogRecord record : records) {
            try {
                assertThat(record.headers().toList().size())
                        .isEqualTo(Math.max(0, record.headers().count()));
            } catch (MalformedBytesException e) {
                // Headers are checked when somebody reads them.
            }
        }
        return records;
    }

    /** Headers are equal when their bytes are. */
    private static List<List<@Nullable Object>> contents(List<LogRecord> records) {
        return records.stream()
                .map(r -> Arrays.<@Nullable Object>asList(
                        r.offset(),
                        r.timestamp(),
                        r.key(),
                        r.value(),
                        r.headers().encoded()))
                .toList();
    }

    private static Bytes encoded(List<LogRecord> records, Batch like) {
        BatchBuilder builder = new BatchBuilder(0);
        for (LogRecord record : records) {
            builder.add((int) (record.offset() - like.baseOffset()), record.key(), record.value(), record.headers());
        }
        Bytes batch = builder.close(like.compression(), 0);
        new BatchBuilder.Stamp(like.baseOffset(), like.timestamp(), 0, (short) 0, 0).on(batch, 0);
        return batch;
    }
}
