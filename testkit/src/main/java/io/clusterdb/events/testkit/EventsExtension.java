package io.clusterdb.events.testkit;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * An {@link Events} of each test's own, for JUnit: given to parameters of that type, closed after the test. A parameter
 * of type {@link TestClock} gets the clock it goes by.
 *
 * <pre>{@code
 * @ExtendWith(EventsExtension.class)
 * class OrdersTest {
 *     @Test
 *     void order_is_billed(Events events, TestClock clock) { ... }
 * }
 * }</pre>
 *
 * <p>That is a broker in memory. With {@code @RegisterExtension}, {@link #with} opens any other, in a temporary folder
 * that is deleted after the test. Methods before and after a test get the same objects as the test.
 */
public final class EventsExtension implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(EventsExtension.class);
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(30));

    private final Function<Path, EventBroker> broker;
    private final List<Component> more;

    /** A broker in memory. */
    public EventsExtension() {
        this(folder -> EventBroker.named("test"), List.of());
    }

    private EventsExtension(Function<Path, EventBroker> broker, List<Component> more) {
        this.broker = broker;
        this.more = more;
    }

    /**
     * Opens something else, for example {@code with(folder -> EventBroker.named("test").store(RocksDb.at(folder)))}.
     *
     * @param broker gets an empty folder
     * @param more opened with it, such as upcasters
     */
    public static EventsExtension with(Function<Path, EventBroker> broker, Component... more) {
        return new EventsExtension(broker, List.of(more));
    }

    /**
     * Waits until something is so, by asking again and again for at most 30 seconds of the machine's time.
     *
     * @param what for the error when it never is
     */
    public static void await(String what, BooleanSupplier condition) {
        PATIENCE.until(what, condition);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return context.getTestMethod().isPresent() && (type == Events.class || type == TestClock.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Opened opened = context.getStore(NAMESPACE).computeIfAbsent(this, key -> open(), Opened.class);
        return parameter.getParameter().getType() == Events.class ? opened.events : opened.clock;
    }

    private Opened open() {
        TestClock clock = new TestClock();
        Path folder = folder();
        try {
            Stream<Component> all = Stream.concat(Stream.of(broker.apply(folder)), more.stream());
            return new Opened(Events.open(clock, all.toArray(Component[]::new)), clock, folder);
        } catch (RuntimeException e) {
            delete(folder);
            throw e;
        }
    }

    private static Path folder() {
        try {
            return Files.createTempDirectory("events-test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a test has. JUnit closes it when the test is over. */
    private record Opened(Events events, TestClock clock, Path folder) implements AutoCloseable {
        @Override
        public void close() {
            events.close();
            delete(folder);
        }
    }
}
