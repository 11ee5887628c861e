package io.clusterdb.events.testkit;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

    /**
     * Packs them into {@code target/packed} of the working directory, where they are not there as they are now: a jar that is
     * written again makes its archives useless. Thread-safe, also among processes; blocks meanwhile.
     */
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
        try (FileChannel lock = FileChannel.open(folder.resolve("lock"), CREATE, WRITE)) {
            lock.lock(); // until it is closed
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                Path place = Path.of(entry);
                if (!entry.isEmpty()) { // that would be the working directory, for a separator at the end
                    jars.add(Files.isDirectory(place) ? pack(place.toAbsolutePath(), folder) : entry);
                }
            }
        }
        return new PackedClasses(String.join(File.pathSeparator, jars), folder);
    }

    /**
     * Options with which the JVM starts fast: it makes and uses an archive, and on Linux takes memory in few large pages.
     *
     * @param name of the archive, a file name: processes that do other things, and so load other classes, need another one
     */
    public List<String> options(String name) {
        return List.of(
                "-XX:+IgnoreUnrecognizedVMOptions", // elsewhere there is none of these pages
                "-XX:+UseTransparentHugePages",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + folder.resolve(name + ".jsa"),
                "-Xlog:disable"); // it would warn on the standard output
    }

    private static String pack(Path classes, Path folder) throws IOException {
        String name = classes.toString().replace(File.separatorChar, '-');
        Path jar = folder.resolve(name + ".jar");
        List<Path> files; // and folders, which change with what comes and goes in them
        try (Stream<Path> walk = Files.walk(classes)) {
            files = walk.toList();
        }
        if (!isNewer(jar, files)) {
            Path part = folder.resolve(name + ".part");
            try (OutputStream out = Files.newOutputStream(part);
                    JarOutputStream packed = new JarOutputStream(out)) {
                for (Path file : files) {
                    if (Files.isRegularFile(file)) {
                        String entry = classes.relativize(file).toString().replace(File.separatorChar, '/');
                        packed.putNextEntry(new ZipEntry(entry));
                        Files.copy(file, packed);
                    }
                }
            }
            Files.move(part, jar, REPLACE_EXISTING); // whole or not at all, should this process be killed
        }
        return jar.toString();
    }

    private static boolean isNewer(Path jar, List<Path> files) throws IOException {
        if (!Files.exists(jar)) {
            return false;
        }
        FileTime made = Files.getLastModifiedTime(jar);
        for (Path file : files) {
            if (Files.getLastModifiedTime(file).compareTo(made) >= 0) {
                return false;
            }
        }
        return true;
    }
}
