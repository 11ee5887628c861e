package io.clusterdb.events.acceptance;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The repository: its modules, what they are compiled to, and its papers. */
final class House {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Map<String, JavaClasses> READ = new ConcurrentHashMap<>();
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    /** With this, a test that compares a list or a table of ours with what it is made of writes it anew. */
    static final String WRITE = "-Devents.write=true";

    private House() {}

    static boolean isWriting() {
        return Boolean.getBoolean("events.write");
    }

    /** For messages. */
    static String howToWrite(Class<?> test) {
        return "if that is meant, write it anew: mvn test -pl acceptance -am -Dtest=" + test.getSimpleName()
                + " -Dsurefire.failIfNoSpecifiedTests=false " + WRITE;
    }

    /** The modules with code of their own to ship, in the order of the build. */
    static List<String> modules() {
        return MODULE.matcher(text("pom.xml"))
                .results()
                .map(found -> found.group(1))
                .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("src/main/java")))
                .toList();
    }

    /** Every module whose tests are Java. */
    static List<String> testedModules() {
        return MODULE.matcher(text("pom.xml"))
                .results()
                .map(found -> found.group(1))
                .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("src/test/java")))
                .toList();
    }

    /** The modules of the house that a module's users get with it. */
    static List<String> modulesUsedBy(String module) {
        Pattern dependency = Pattern.compile("<dependency>(?:(?!</dependency>).)*</dependency>", Pattern.DOTALL);
        return dependency
                .matcher(text(module + "/pom.xml"))
                .results()
                .map(MatchResult::group)
                .filter(text -> text.contains("<groupId>io.clusterdb.events</groupId>"))
                .filter(text -> !text.contains("<scope>test</scope>"))
                .map(text -> text.replaceAll("(?s).*<artifactId>events-([^<]+)</artifactId>.*", "$1"))
                .toList();
    }

    static JavaClasses main(String module) {
        return READ.computeIfAbsent(module, name -> classes(List.of(name + "/target/classes")));
    }

    /** All that is tested with, the test kit included. */
    static JavaClasses tests() {
        return READ.computeIfAbsent("tests", name -> {
            List<String> folders = new ArrayList<>(List.of("testkit/target/classes"));
            testedModules().forEach(module -> folders.add(module + "/target/test-classes"));
            return classes(folders);
        });
    }

    private static JavaClasses classes(List<String> folders) {
        List<Path> paths = folders.stream().map(ROOT::resolve).toList();
        for (Path path : paths) {
            if (!Files.isDirectory(path)) {
                throw new AssertionError(path + " is not there; build with mvn -pl acceptance -am");
            }
        }
        return new ClassFileImporter().importPaths(paths);
    }

    /** The text of a file, named from the root of the repository. */
    static String text(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The papers for readers, as names from the root of the repository. */
    static List<String> papers() {
        return Stream.concat(files(ROOT, 1), files(ROOT.resolve("docs"), 9))
                .filter(file -> file.toString().endsWith(".md"))
                .map(file -> ROOT.relativize(file).toString())
                .sorted()
                .toList();
    }

    /** The sources of what is shipped, as names from the root of the repository. */
    static List<String> sources() {
        return modules().stream()
                .flatMap(module -> files(ROOT.resolve(module).resolve("src/main/java"), 99))
                .map(file -> ROOT.relativize(file).toString())
                .toList();
    }

    /** The sources of all tests. */
    static List<Path> testSources() {
        return testedModules().stream()
                .flatMap(module -> files(ROOT.resolve(module).resolve("src/test/java"), 99))
                .filter(file -> file.toString().endsWith(".java"))
                .toList();
    }

    private static Stream<Path> files(Path folder, int depth) {
        try (Stream<Path> found = Files.walk(folder, depth)) {
            return found.filter(Files::isRegularFile).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
