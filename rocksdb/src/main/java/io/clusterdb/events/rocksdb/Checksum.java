package io.clusterdb.events.rocksdb;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C of this and that. */
final class Checksum {
    private Checksum() {}

    static int of(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    static int of(byte[] array, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(array, offset, length);
        return (int) crc.getValue();
    }

    static int of(long first, long second) {
        return of(ByteBuffer.allocate(16).putLong(first).putLong(second).flip());
    }
}
