package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each module shows to the world is a list that somebody has to change: one file a module in {@code
 * public-types}. Run with {@link House#WRITE}, it writes the lists anew.
 */
class PublicTypesTest {
    private static final Path LISTS = House.ROOT.resolve("acceptance/src/test/resources/public-types");

    static List<String> modules() {
        return House.modules().stream()
                .filter(module -> !module.equals("benchmarks"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void a_module_shows_what_its_list_says(String module) throws IOException {
        Path list = LISTS.resolve(module + ".txt");
        List<String> found = publicTypes(House.main(module));
        if (House.isWriting()) {
            Files.write(list, found);
        }

        assertThat(changes(Files.readAllLines(list), found))
                .as("public types of %s; %s", module, House.howToWrite(getClass()))
                .isEmpty();
    }

    @Test
    void what_is_added_and_removed_is_named() {
        List<String> found =
                publicTypes(new ClassFileImporter().importPackages(getClass().getPackageName() + ".wrong.store"));

        assertThat(changes(List.of("acceptance.wrong.store.Store"), found))
                .containsExactly("added: acceptance.wrong.store.StoreImpl", "removed: acceptance.wrong.store.Store");
        assertThat(changes(found, found)).isEmpty();
    }

    private static List<String> changes(List<String> listed, List<String> found) {
        List<String> changes = new ArrayList<>();
        found.stream().filter(name -> !listed.contains(name)).forEach(name -> changes.add("added: " + name));
        listed.stream().filter(name -> !found.contains(name)).forEach(name -> changes.add("removed: " + name));
        return changes;
    }

    /** By name within io.clusterdb.events; a type within another counts when both are public. */
    private static List<String> publicTypes(JavaClasses classes) {
        return classes.stream()
                .filter(PublicTypesTest::isPublic)
                .map(found -> found.getName()
                        .substring("io.clusterdb.events.".length())
                        .replace('$', '.'))
                .sorted()
                .toList();
    }

    private static boolean isPublic(JavaClass found) {
        Optional<JavaClass> around = found.getEnclosingClass();
        return found.getModifiers().contains(JavaModifier.PUBLIC)
                && !found.isAnonymousClass()
                && !found.isLocalClass()
                && around.map(PublicTypesTest::isPublic).orElse(true);
    }
}
