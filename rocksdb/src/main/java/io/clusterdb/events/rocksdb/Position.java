package io.clusterdb.events.rocksdb;

/** A place in the journal as one number: the segment's number above, the place in its file below. */
final class Position {
    private Position() {}

    static long of(long segment, int at) {
        return segment << 32 | at;
    }

    static long segment(long position) {
        return position >>> 32;
    }

    static int at(long position) {
        return (int) position;
    }

    static String text(long position) {
        return Segment.fileName(segment(position)) + ":" + at(position);
    }
}
