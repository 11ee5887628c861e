package io.clusterdb.events.rocksdb;

import io.clusterdb.events.spi.Storage.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the files of a journal tell.
 *
 * @param first number
 * @param last number
 * @param bytes of all
 * @param moves entries that were written again
 * @param sequence of the last frame
 */
record JournalFiles(long first, long last, long bytes, long moves, long sequence) {
    static final JournalFiles NONE = new JournalFiles(1, 1, 0, 0, 0);

    static JournalFiles of(Path home) throws IOException {
        List<Path> files = Folder.files(home.resolve("journal"));
        if (files.isEmpty()) {
            return NONE;
        }
        long bytes = 0;
        Moves moves = new Moves();
        for (Path file : files) {
            bytes += Files.size(file);
            if (Segment.isUsed(file)) { // not the one that is made in advance
                moves.countIn(file);
            }
        }
        return new JournalFiles(number(files.getFirst()), number(files.getLast()), bytes, moves.count, moves.sequence);
    }

    private static long number(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 16));
    }

    private static final class Moves implements Frame.Visitor {
        private long count;
        private long sequence;

        void countIn(Path file) throws IOException {
            try (Segment segment = Segment.open(file, number(file))) {
                ByteBuffer view = segment.view();
                int at = Segment.HEADER;
                for (Frame.Found frame = Frame.find(view, at); frame != null; frame = Frame.find(view, at)) {
                    Frame.visit(view, at, frame.length(), this);
                    at += frame.length();
                    sequence = frame.sequence();
                }
            }
        }

        @Override
        public void move(int log, long offset, int at, int length) {
            count++;
        }

        @Override
        public void append(int log, long offset, int at, int length) {}

        @Override
        public void trim(int log, long before) {}

        @Override
        public void put(Table table, byte[] key, byte[] value) {}

        @Override
        public void delete(Table table, byte[] key) {}

        @Override
        public void deleteRange(Table table, byte[] from, byte[] to) {}
    }
}
