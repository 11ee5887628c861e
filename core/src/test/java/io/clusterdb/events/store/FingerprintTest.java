package io.clusterdb.events.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Upcaster;
import io.clusterdb.events.Upcasters;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two folds that may make different states of the same events never have one fingerprint. */
class FingerprintTest {
    @TempDir
    Path folder;

    private int folders;

    private static AggregateType<Long> folding(AggregateType.First<Integer, Long> first) {
        return AggregateType.of("Sum", Long.class).starts("Added", Integer.class, first);
    }

    private static Fingerprint of(AggregateType<?> type) {
        return Fingerprint.of(type, Upcasters.NONE);
    }

    private static AggregateType<Long> times(long factor) {
        return folding(n -> n * factor);
    }

    @Test
    void functions_of_one_class_are_told_apart() {
        assertThat(of(folding(n -> (long) n))).isNotEqualTo(of(folding(n -> 2L * n)));
        assertThat(of(folding(Long::valueOf)).unknown()).isNull();
    }

    @Test
    void functions_are_told_apart_by_the_values_that_they_have_captured() {
        assertThat(of(times(2))).isEqualTo(of(times(2))).isNotEqualTo(of(times(3)));
        assertThat(of(times(2)).unknown()).isNull();
    }

    @Test
    void what_has_captured_an_object_is_told_by_a_fold_version_alone() {
        List<Long> factors = new ArrayList<>(List.of(2L));
        AggregateType<Long> type = folding(n -> n * factors.get(0));
        AggregateType<Long> object = folding(new Factor(2));

        assertThat(of(type).unknown()).contains("java.util.ArrayList").contains("starts Added");
        assertThat(of(object).unknown()).contains(Factor.class.getName());
        assertThat(of(type.foldVersion("1")).unknown()).isNull();
        assertThat(of(type.foldVersion("1"))).isNotEqualTo(of(type.foldVersion("2")));
    }

    @Test
    void event_types_and_upcasters_tell_folds_apart_that_declare_one_version() {
        AggregateType<Long> adding = folding(n -> (long) n);
        AggregateType<Long> more = adding.on("Removed", Integer.class, (sum, n) -> sum - n);
        Upcasters lifting = Upcasters.of(List.of(Upcaster.of("Added", 1, n -> n)));

        assertThat(of(adding.foldVersion("1"))).isNotEqualTo(of(more.foldVersion("1")));
        assertThat(Fingerprint.of(adding.foldVersion("1"), lifting)).isNotEqualTo(of(adding.foldVersion("1")));
    }

    /** A function that is an object. */
    private record Factor(long factor) implements AggregateType.First<Integer, Long> {
        @Override
        public Long apply(Integer n) {
            return n * factor;
        }
    }

    /** Of each two only the class at the end differs, which no field of the state is of. */
    @Test
    void the_shape_goes_through_all_classes_of_the_state() throws Exception {
        for (String state : List.of(
                "public record State(java.util.Map<String, java.util.List<? extends Item>> items) {}",
                "public record State(Item[] items) {}",
                "public class State { private java.util.Optional<Item> item; private State next; }",
                "public class State extends Item {}",
                "public record State(Kind kind) {} sealed interface Kind permits Other {}"
                        + " final class Other extends Item implements Kind {}",
                "public record State(Range<Item> items) {} record Range<T extends Comparable<T>>(T from, T to) {}")) {
            boolean isRange = state.contains("Range");
            String item = isRange
                    ? "class Item implements Comparable<Item> { %s n; public int compareTo(Item o) { return 0; } }"
                    : "class Item { %s n; }";
            Class<?> one = compiled(state + item.formatted("int"), true);
            Class<?> same = compiled(state + item.formatted("int"), true);
            Class<?> other = compiled(state + item.formatted("long"), true);

            assertThat(shape(one)).isEqualTo(shape(same)).isNotEqualTo(shape(other));
            assertThat(of(AggregateType.of("Sum", one)))
                    .isEqualTo(of(AggregateType.of("Sum", same)))
                    .isNotEqualTo(of(AggregateType.of("Sum", other)));
        }
    }

    private static Fingerprint shape(Class<?> state) {
        return of(AggregateType.of("Sum", state).foldVersion("1"));
    }

    @Test
    void the_bytecode_of_all_classes_of_the_state_counts() throws Exception {
        String state =
                "public record State(java.util.List<Item> items) {} class Item { int n; int twice() { return %s; } }";
        Class<?> one = compiled(state.formatted("2 * n"), true);
        Class<?> other = compiled(state.formatted("n"), true);

        assertThat(of(AggregateType.of("Sum", one))).isNotEqualTo(of(AggregateType.of("Sum", other)));
        assertThat(shape(one)).isEqualTo(shape(other));
    }

    @Test
    void without_bytecode_a_fold_version_alone_tells() throws Exception {
        Class<?> state = compiled("public record State(int n) {}", false);

        assertThat(of(AggregateType.of("Sum", state)).unknown()).contains("bytecode of class State");
        assertThat(shape(state).unknown()).isNull();
    }

    /** The class {@code State} of a source, by a loader of its own. */
    private Class<?> compiled(String source, boolean readable) throws Exception {
        Path place = Files.createDirectories(folder.resolve(String.valueOf(folders++)));
        Path file = Files.writeString(place.resolve("State.java"), source);
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", place.toString(), file.toString());
        assertThat(failed).as(source).isZero();
        return new Loader(place, readable).loadClass("State");
    }

    /** Where classes come from that are not in a file that everybody can read. */
    private static final class Loader extends URLClassLoader {
        private final boolean readable;

        Loader(Path place, boolean readable) throws IOException {
            super(new URL[] {place.toUri().toURL()}, null);
            this.readable = readable;
        }

        @Override
        public @Nullable InputStream getResourceAsStream(String name) {
            return readable ? super.getResourceAsStream(name) : null;
        }
    }
}
