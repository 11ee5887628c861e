package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command on a folder of the test's own, in processes, and files to give to it. */
@Timeout(300)
abstract class CommandFixture {
    @TempDir
    private Path home;

    final Path data() {
        return home.resolve("data");
    }

    /** Runs the command with these arguments, on that folder. */
    final Run events(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", data().toString()));
        try {
            return Run.events(all.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file beside that folder, and gives its path. */
    final String file(String name, String content) {
        try {
            return Files.writeString(home.resolve(name), content).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
