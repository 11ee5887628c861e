package io.clusterdb.events.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.LogEngine.Trait;
import io.clusterdb.events.spi.StoreBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
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

    private static final Duration IMPATIENT = Duration.ofMillis(30);

    /** The hollow engine, impatiently. */
    abstract static class HollowLogContract extends LogContract {
        @Override
        protected Duration budget() {
            return IMPATIENT;
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

    static class HollowStoreContract extends StoreContract {
        @Override
        protected StoreBackend place(Path home) {
            return new HollowStore();
        }

        @Override
        protected Duration budget() {
            return IMPATIENT;
        }
    }

    static class HollowSnapshotContract extends SnapshotContract {
        @Override
        protected StoreBackend place(Path home) {
            return new HollowStore();
        }

        @Override
        protected Duration budget() {
            return IMPATIENT;
        }
    }

    static class HollowProjectionContract extends ProjectionContract {
        @Override
        protected StoreBackend place(Path home) {
            return new HollowStore();
        }

        @Override
        protected Duration budget() {
            return IMPATIENT;
        }
    }

    /** The broker is a true one, and has the topic; only the store is hollow. */
    static class HollowStoreTopicContract extends StoreTopicContract {
        private final Memory memory = Memory.create();

        @Override
        protected Events openBroker(Path home) {
            return Events.open(EventBroker.named("contract").store(new HollowStoreBackend(memory)));
        }

        @Override
        protected Duration budget() {
            return IMPATIENT;
        }
    }

    /** A broker's place whose stores are hollow. */
    private record HollowStoreBackend(Memory memory) implements Backend {
        @Override
        public String type() {
            return memory.type();
        }

        @Override
        public LogEngine open(EventBroker broker, Environment environment) {
            LogEngine log = memory.open(broker, environment);
            Class<?>[] both = {LogEngine.class, StoreBackend.class};
            return (LogEngine) Proxy.newProxyInstance(LogEngine.class.getClassLoader(), both, (proxy, method, args) -> {
                if (method.getName().equals("open")) {
                    log.createTopic(Topic.named(Topic.STORE_PREFIX + ((EventStore) args[0]).name()));
                    return new HollowStore();
                }
                try {
                    return method.invoke(log, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
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
        everyTestFails(PlainHollow.class, 90);
        everyTestFails(PeculiarHollow.class, 90);
    }

    @Test
    void every_test_of_the_contracts_of_stores_fails_on_a_hollow_store() {
        everyTestFails(HollowStoreContract.class, 28);
        everyTestFails(HollowSnapshotContract.class, 7);
        everyTestFails(HollowProjectionContract.class, 12);
        everyTestFails(HollowStoreTopicContract.class, 4);
    }

    private static void everyTestFails(Class<?> hollow, int moreThan) {
        EngineExecutionResults results = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(hollow))
                .execute();

        org.junit.platform.testkit.engine.Events tests = results.testEvents();
        assertThat(names(tests.succeeded())).as("passed on a hollow engine").isEmpty();
        assertThat(names(results.allEvents().skipped())).as("skipped").isEmpty();
        assertThat(names(results.allEvents().aborted())).as("aborted").isEmpty();
        assertThat(tests.failed().count()).isEqualTo(tests.started().count()).isGreaterThan(moreThan);
    }

    private static List<String> names(org.junit.platform.testkit.engine.Events tests) {
        return tests.stream()
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
