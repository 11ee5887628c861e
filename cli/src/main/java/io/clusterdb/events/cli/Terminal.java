package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Where the command reads and writes, and which of it is a person's terminal. Everything is UTF-8. When the reader of
 * the output goes away, as {@code head} does, writing throws {@link ClosedOutputException}; when the output can't be
 * written, as on a full disk, {@link FailedException}, once.
 */
final class Terminal {
    /** The launcher's word on which of 0, 1 and 2 are terminals: a JVM can't see it. */
    private static final String TERMINALS = System.getProperty("events.terminals", "");

    /** Where Linux tells what standard output is. */
    private static final Path OUTPUT = Path.of("/proc/self/fd/1");

    private final InputStream in = new FileInputStream(FileDescriptor.in);
    private final OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
    private final OutputStream err = new FileOutputStream(FileDescriptor.err);
    private volatile boolean silent;
    private volatile boolean broken;
    private boolean color = System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));

    /** The reader of the output has gone. */
    static final class ClosedOutputException extends RuntimeException {
        ClosedOutputException(IOException cause) {
            super("nobody reads the output", cause);
        }
    }

    InputStream in() {
        return in;
    }

    boolean isInputTerminal() {
        return TERMINALS.contains("0");
    }

    boolean isOutputTerminal() {
        return TERMINALS.contains("1");
    }

    boolean isErrorTerminal() {
        return TERMINALS.contains("2");
    }

    void withoutColor() {
        color = false;
    }

    boolean hasColor() {
        return color && isOutputTerminal();
    }

    /** Text to be seen as a heading, where that can be shown. */
    String bold(String text) {
        return hasColor() ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    void print(String text) {
        if (broken) {
            return;
        }
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw unwritten(e);
        }
    }

    private RuntimeException unwritten(IOException e) {
        if (isReaderGone(e)) {
            return new ClosedOutputException(e);
        }
        broken = true;
        return new FailedException(
                "The output can't be written",
                String.valueOf(e.getMessage()),
                "Make room, or have it go elsewhere, and run the command again: what is there of it is not all");
    }

    /**
     * A pipe fails when nobody reads it any more, and only then. The words of the error may be in any language; one that has
     * a name is told from a file by them alone.
     */
    private static boolean isReaderGone(IOException e) {
        if (String.valueOf(e.getMessage()).contains("Broken pipe")) {
            return true;
        }
        try {
            String target = Files.readSymbolicLink(OUTPUT).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Whether some of the output could not be written. */
    boolean isBroken() {
        return broken;
    }

    void println(String text) {
        print(text + "\n");
    }

    /** Has what was printed seen. */
    void flush() {
        if (broken) {
            return;
        }
        try {
            out.flush();
        } catch (IOException e) {
            throw unwritten(e);
        }
    }

    /** As {@link #flush}, at the end: if nobody reads any more, nobody misses it. */
    void flushQuietly() {
        try {
            flush();
        } catch (ClosedOutputException e) {
            silence();
        } catch (FailedException e) {
            problem(String.valueOf(e.getMessage()));
        }
    }

    /** Says nothing more of what goes wrong: the user has ended it. */
    void silence() {
        silent = true;
    }

    /** To standard error, at once. */
    void error(String text) {
        if (silent) {
            return;
        }
        try {
            err.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // There is nowhere left to say it.
        }
    }

    void errorLine(String text) {
        error(text + "\n");
    }

    /** Shows a problem, its first line so that it is seen. */
    void problem(String text) {
        boolean red = color && isErrorTerminal();
        String shown = Human.harmless(text);
        errorLine(red ? shown.replaceFirst("^Error:", "\u001b[1;31mError:\u001b[0m") : shown);
    }

    /** Asks a person, who must be there; anything but yes is no. */
    boolean confirm(String question) {
        error(question + " [y/N] ");
        try {
            String answer = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).readLine();
            return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
        } catch (IOException e) {
            return false;
        }
    }
}
