package io.clusterdb.events.log;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.clusterdb.events.Compression;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.MalformedBytesException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.xerial.snappy.SnappyOutputStream;

/** Compression of a batch's records, in the framings that Kafka's format v2 names. */
final class Codec {
    /** A batch that unpacks to more is malformed: no producer writes one. */
    private static final int MAX_UNPACKED = 512 << 20;

    private static final Compression[] BY_ID = {
        Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4, Compression.ZSTD
    };

    private Codec() {}

    /** The number that stands for it in a batch's attributes. */
    static int id(Compression compression) {
        return switch (compression) {
            case NONE -> 0;
            case GZIP -> 1;
            case SNAPPY -> 2;
            case LZ4 -> 3;
            case ZSTD -> 4;
        };
    }

    static Compression byId(int id) {
        if (id >= BY_ID.length) {
            throw new MalformedBytesException("compression " + id);
        }
        return BY_ID[id];
    }

    /** The compressed bytes, behind {@code headroom} zeros. */
    static byte[] compress(Compression compression, Bytes plain, int headroom) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(headroom + plain.length() / 2 + 64);
        packed.writeBytes(new byte[headroom]);
        try (OutputStream out = packer(compression, packed)) {
            out.write(plain.array(), plain.offset(), plain.length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** @throws MalformedBytesException when the bytes can't be unpacked */
    static Bytes decompress(Compression compression, Bytes packed) {
        if (compression == Compression.NONE) {
            return packed;
        }
        if (compression == Compression.SNAPPY) {
            return SnappyBlocks.unpack(packed, MAX_UNPACKED);
        }
        ByteArrayInputStream in = new ByteArrayInputStream(packed.array(), packed.offset(), packed.length());
        try (InputStream plain = unpacker(compression, in)) {
            byte[] all = plain.readNBytes(MAX_UNPACKED);
            if (plain.read() >= 0) {
                throw new MalformedBytesException(
                        "a record batch that unpacks to more than " + MAX_UNPACKED + " bytes");
            }
            return Bytes.of(all);
        } catch (MalformedBytesException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the libraries throw either, whatever is damaged
            throw new MalformedBytesException(compression + " data that can't be unpacked: " + e.getMessage());
        }
    }

    private static OutputStream packer(Compression compression, OutputStream to) throws IOException {
        return switch (compression) {
            case NONE -> to;
            case GZIP -> new GZIPOutputStream(to, 8192);
            case SNAPPY -> new SnappyOutputStream(to);
            case LZ4 ->
                new LZ4FrameOutputStream(
                        to, LZ4FrameOutputStream.BLOCKSIZE.SIZE_64KB, LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE);
            case ZSTD -> new ZstdOutputStream(to);
        };
    }

    private static InputStream unpacker(Compression compression, InputStream from) throws IOException {
        return switch (compression) {
            case NONE, SNAPPY -> throw new IllegalArgumentException(compression + " is no stream");
            case GZIP -> new GZIPInputStream(from, 8192);
            case LZ4 -> new LZ4FrameInputStream(from);
            case ZSTD -> new ZstdInputStream(from);
        };
    }
}
