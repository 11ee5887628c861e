package io.clusterdb.events.testkit;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

/**
 * This process's class path with its folders packed into jars. Of jars the first process that ends by itself archives the
 * classes as they lie in memory (JEP 350), and those after it start in about half the time: what a process that soon is
 * killed does most is start.
 *
 * @param classPath of jars only
 * @param folder where the archives are
 */
public record PackedClasses(String classPath, Path folder) {
    private static @Nullable PackedClasses packed;

    /** Packs them, once, into {@code target/packed} of the working directory. Thread-safe; blocks meanwhile. */
    public static synchronized PackedClasses ofThisProcess() {
        if (packed == null) {
            try {
                packed = into(Path.of("target", "packed").toAbsolutePath());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return packed;
    }

    private static PackedClasses into(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path place = Path.of(entry);
            if (!entry.isEmpty()) { // that would be the working directory, for a separator at the end
                jars.add(Files.isDirectory(place) ? pack(place, folder.resolve(jars.size() + ".jar")) : entry);
            }
        }
        return new PackedClasses(String.join(File.pathSeparator, jars), folder);
    }

    /**
     * Options that have the JVM make and use an archive.
     *
     * @param name of the archive, a file name: processes that do other things, and so load other classes, need another one
     */
    public List<String> options(String name) {
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + folder.resolve(name + ".jsa"),
                "-Xlog:disable"); // it would warn on the standard output
    }

    private static String pack(Path classes, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream packed = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
                packed.putNextEntry(new ZipEntry(name));
                Files.copy(file, packed);
            }
        }
        return jar.toString();
    }
}
