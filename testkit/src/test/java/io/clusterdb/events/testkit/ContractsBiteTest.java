package io.clusterdb.events.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogEngine.Trait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

/** The contracts fail on an engine that does nothing, in every test, and nothing in them can be skipped. */
class ContractsBiteTest {
    /** What a class that can skip a test refers to, as its constant pool has it. */
    private static final List<String> SKIPPING = List.of(
            "org/junit/jupiter/api/Assumptions",
            "org/junit/jupiter/api/Disabled",
            "org/junit/jupiter/api/condition/",
            "org/junit/jupiter/api/extension/ExecutionCondition",
            "org/assertj/core/api/Assumptions",
            "org/opentest4j/TestAbortedException");

    /** The hollow engine, impatiently. */
    abstract static class HollowLogContract extends LogContract {
        @Override
        protected Duration budget() {
            return Duration.ofMillis(30);
        }
    }

    static class PlainHollow extends HollowLogContract {
        @Override
        protected LogEngine open(Path home) {
            return new HollowLog(new LogEngine.Facts("", true));
        }
    }

    /** What an engine declares of itself excuses it from nothing. */
    static class PeculiarHollow extends HollowLogContract {
        @Override
        protected LogEngine open(Path home) {
            return new HollowLog(new LogEngine.Facts("", false, EnumSet.allOf(Trait.class)));
        }
    }

    /** Shows that the scan can see. */
    static class SkipsOnPurpose {
        void skips() {
            Assumptions.abort();
        }
    }

    @Test
    void every_test_of_the_log_contract_fails_on_a_hollow_engine() {
        for (Class<?> hollow : List.of(PlainHollow.class, PeculiarHollow.class)) {
            EngineExecutionResults results = EngineTestKit.engine("junit-jupiter")
                    .selectors(selectClass(hollow))
                    .execute();

            Events tests = results.testEvents();
            assertThat(names(tests.succeeded())).as("passed on a hollow engine").isEmpty();
            assertThat(names(results.allEvents().skipped())).as("skipped").isEmpty();
            assertThat(names(results.allEvents().aborted())).as("aborted").isEmpty();
            assertThat(tests.failed().count())
                    .isEqualTo(tests.started().count())
                    .isGreaterThan(90);
        }
    }

    private static List<String> names(Events events) {
        return events.stream()
                .map(Event::getTestDescriptor)
                .map(d -> d.getUniqueId().getLastSegment().getValue())
                .toList();
    }

    @Test
    void no_class_of_the_testkit_can_skip_a_test() throws Exception {
        try (Stream<Path> files = Files.walk(classesOf(LogContract.class))) {
            List<Path> classes =
                    files.filter(f -> f.toString().endsWith(".class")).toList();

            assertThat(classes).hasSizeGreaterThan(5);
            assertThat(classes).noneMatch(ContractsBiteTest::canSkip);
        }
    }

    @Test
    void the_scan_sees_a_class_that_can_skip() throws Exception {
        Path file = classesOf(SkipsOnPurpose.class)
                .resolve(SkipsOnPurpose.class.getName().replace('.', '/') + ".class");

        assertThat(canSkip(file)).isTrue();
    }

    private static Path classesOf(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static boolean canSkip(Path file) {
        try {
            String constants = Files.readString(file, ISO_8859_1);
            return SKIPPING.stream().anyMatch(constants::contains);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
