package io.clusterdb.events.testkit;

import io.clusterdb.events.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** An engine that keeps a folder, and processes that live on it. */
abstract class CrashFixture {
    @TempDir
    protected Path home;

    /** Opens the front door on the engine. */
    protected abstract Events open(Path folder);

    /** Its main method has {@link CrashWorkload#run} open the folder that is its first argument; the second is the life. */
    protected abstract Class<?> main();

    /** Options for the processes. */
    protected List<String> jvmOptions() throws IOException {
        return List.of();
    }
}
