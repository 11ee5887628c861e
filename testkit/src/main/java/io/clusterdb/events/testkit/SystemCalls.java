package io.clusterdb.events.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What strace has seen of a process, as far as it changes a folder or tells of it, in the order in which it began. */
final class SystemCalls {
    private static final String TRACED =
            "openat,write,pwrite64,ftruncate,rename,unlink,mkdir,rmdir,fdatasync,fsync,msync,pwritev,writev,link";
    private static final Pattern LINE = Pattern.compile("(\\d+) +(.*)");
    private static final Pattern COMPLETE = Pattern.compile("(\\w+)\\((.*)\\) += (-?\\d+).*");
    private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. \\w+ resumed>(.*)");
    private static final String UNFINISHED = " <unfinished ...>";
    private static final Pattern TEXT = Pattern.compile("\"((?:\\\\x[0-9a-f]{2})*)\"");
    private static final Pattern FILE = Pattern.compile("(\\d+)<((?:\\\\x[0-9a-f]{2})*)>");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w<])-?\\d+(?![\\w<])");

    private final List<Call> calls = new ArrayList<>();
    private final Map<Integer, Long> positions = new HashMap<>();
    private final Map<String, Unfinished> unfinished = new HashMap<>();
    private final Path folder;
    private @Nullable Path output;

    /** A call that a thread has begun. If the process is killed in it, it may have been done. */
    private record Unfinished(int began, String text) {}

    /**
     * A process.
     *
     * @param left a copy of the folder as it left that
     */
    record Life(Path trace, Path left) {}

    /** A call, between the times it began and ended; times are line numbers of the trace. */
    sealed interface Call {
        int began();

        int ended();

        /** Something was said on standard output. */
        record Said(int began, int ended, String text) implements Call {}

        /** Bytes of a file. */
        record Write(int began, int ended, Path file, long position, byte[] bytes) implements Call {}

        /** A file has another length. */
        record Truncate(int began, int ended, Path file, long length) implements Call {}

        /** A name for a new file, or for none of a length any more. */
        record Create(int began, int ended, Path file, boolean truncates) implements Call {}

        record MakeDirectory(int began, int ended, Path path) implements Call {}

        record Rename(int began, int ended, Path from, Path to) implements Call {}

        record Remove(int began, int ended, Path path) implements Call {}

        /** A file or a directory is durable as it was when the call began. */
        record Sync(int began, int ended, Path path) implements Call {}
    }

    private SystemCalls(Path folder) {
        this.folder = folder;
    }

    /** Options for strace, to write such a trace. */
    static List<String> options(Path trace) {
        return List.of("-o", trace.toString(), "-y", "-xx", "-s", "100000000", "-e", "trace=" + TRACED);
    }

    /**
     * Reads the traces of processes that ran one after the other.
     *
     * @param folder what happens elsewhere is left out
     */
    static List<Call> read(Path folder, List<Life> lives) throws IOException {
        SystemCalls read = new SystemCalls(folder);
        int now = 0;
        for (Life life : lives) {
            for (String line : Files.readAllLines(life.trace())) {
                now++;
                Matcher matcher = LINE.matcher(line);
                if (matcher.matches()) {
                    read.line(now, matcher.group(1), matcher.group(2));
                }
            }
            now++;
            for (Unfinished last : read.unfinished.values()) {
                read.addLast(last, now, life.left());
            }
            read.unfinished.clear();
        }
        read.calls.sort(Comparator.comparingInt(Call::began));
        return read.calls;
    }

    /** Of a write as much was done as the file has: the next process goes on with that. */
    private void addLast(Unfinished last, int end, Path left) throws IOException {
        int before = calls.size();
        add(last.began(), Integer.MAX_VALUE, last.text() + ") = 0");
        if (calls.size() > before && calls.getLast() instanceof Call.Write write) {
            calls.removeLast();
            Path file = left.resolve(folder.relativize(write.file()));
            byte[] there = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            int from = (int) Math.min(write.position(), there.length);
            byte[] found = Arrays.copyOfRange(there, from, Math.min(there.length, from + write.bytes().length));
            int different = Arrays.mismatch(write.bytes(), found);
            int done = different < 0 ? write.bytes().length : different;
            calls.add(new Call.Write(
                    write.began(), end, write.file(), write.position(), Arrays.copyOf(write.bytes(), done)));
        }
    }

    private void line(int now, String thread, String text) {
        Matcher rest = RESUMED.matcher(text);
        if (text.endsWith(UNFINISHED)) {
            unfinished.put(thread, new Unfinished(now, text.substring(0, text.length() - UNFINISHED.length())));
        } else if (rest.matches()) {
            Unfinished call = Objects.requireNonNull(unfinished.remove(thread), text);
            add(call.began(), now, call.text() + rest.group(1));
        } else {
            add(now, now, text);
        }
    }

    private void add(int began, int ended, String text) {
        Matcher complete = COMPLETE.matcher(text.replaceFirst("\\) += \\?$", ") = 0"));
        if (!complete.matches()) {
            return;
        }
        long result = Long.parseLong(complete.group(3));
        if (result < 0) {
            return;
        }
        Call call = call(new Arguments(began, ended, complete.group(1), complete.group(2), result));
        if (call != null) {
            calls.add(call);
        }
    }

    /** A call as it is in the trace. */
    private record Arguments(int began, int ended, String name, String text, long result) {
        int descriptor() {
            Matcher file = FILE.matcher(text);
            return file.lookingAt() ? Integer.parseInt(file.group(1)) : -1;
        }

        Path file() {
            Matcher file = FILE.matcher(text);
            return Path.of(file.lookingAt() ? decoded(file.group(2)) : "/");
        }

        byte[] bytes(int index) {
            Matcher quoted = TEXT.matcher(text);
            for (int i = 0; i <= index; i++) {
                if (!quoted.find()) {
                    return new byte[0];
                }
            }
            return HexFormat.of().parseHex(quoted.group(1).replace("\\x", ""));
        }

        Path path(int index) {
            return Path.of(new String(bytes(index), StandardCharsets.UTF_8));
        }

        /** The last number: a position or a length. */
        long last() {
            Matcher number = NUMBER.matcher(text.substring(text.lastIndexOf(',') + 1));
            return number.find() ? Long.parseLong(number.group()) : 0;
        }
    }

    private static String decoded(String hex) {
        return new String(HexFormat.of().parseHex(hex.replace("\\x", "")), StandardCharsets.UTF_8);
    }

    private @Nullable Call call(Arguments of) {
        return switch (of.name()) {
            case "openat" -> opened(of);
            case "write" -> written(of);
            case "pwrite64" ->
                inFolder(of.file()) ? new Call.Write(of.began(), of.ended(), of.file(), of.last(), of.bytes(0)) : null;
            case "ftruncate" ->
                inFolder(of.file()) ? new Call.Truncate(of.began(), of.ended(), of.file(), of.last()) : null;
            case "rename" ->
                inFolder(of.path(0)) ? new Call.Rename(of.began(), of.ended(), of.path(0), of.path(1)) : null;
            case "unlink", "rmdir" -> inFolder(of.path(0)) ? new Call.Remove(of.began(), of.ended(), of.path(0)) : null;
            case "mkdir" -> inFolder(of.path(0)) ? new Call.MakeDirectory(of.began(), of.ended(), of.path(0)) : null;
            case "fdatasync", "fsync" ->
                inFolder(of.file()) || of.file().equals(folder.getParent())
                        ? new Call.Sync(of.began(), of.ended(), of.file())
                        : null;
            default -> unexpected(of);
        };
    }

    private boolean inFolder(Path path) {
        return path.startsWith(folder);
    }

    private @Nullable Call unexpected(Arguments of) {
        if (of.text().contains(HexFormat.of().formatHex(folder.toString().getBytes(StandardCharsets.UTF_8)))) {
            throw new AssertionError("the replay does not know " + of.name() + "(" + of.text() + ")");
        }
        return null;
    }

    private @Nullable Call opened(Arguments of) {
        positions.put((int) of.result(), 0L);
        if (!inFolder(of.path(0)) || !of.text().contains("O_CREAT")) {
            return null;
        }
        return new Call.Create(of.began(), of.ended(), of.path(0), of.text().contains("O_TRUNC"));
    }

    /** The process may have others do something for it, whose standard output is elsewhere. */
    private @Nullable Call said(Arguments of, String text) {
        if (text.startsWith("life ")) {
            output = of.file();
        }
        return of.file().equals(output) ? new Call.Said(of.began(), of.ended(), text) : null;
    }

    private @Nullable Call written(Arguments of) {
        if (of.descriptor() == 1) {
            return said(of, new String(of.bytes(0), StandardCharsets.UTF_8).strip());
        }
        if (!inFolder(of.file())) {
            return null;
        }
        byte[] bytes = of.bytes(0);
        long position = positions.merge(of.descriptor(), (long) bytes.length, Long::sum) - bytes.length;
        return new Call.Write(of.began(), of.ended(), of.file(), position, bytes);
    }
}
