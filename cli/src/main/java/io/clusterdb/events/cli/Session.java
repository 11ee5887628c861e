package io.clusterdb.events.cli;

import io.clusterdb.events.Component;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.control.Control;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A command's connection to the events: through the process that has their folder, or, when nobody has it, by opening
 * the folder itself. When that process gives the folder back, a request that it has not begun goes to whoever has it
 * next.
 */
final class Session implements AutoCloseable {
    private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

    private final Place place;
    private @Nullable Control control;
    private volatile @Nullable Events events;

    private Session(Place place) {
        this.place = place;
    }

    /** @param create whether a folder that is not there is to be made */
    static Session open(Place place, boolean create, Terminal terminal) {
        place.check(create);
        Session session = new Session(place);
        Thread end = new Thread(() -> session.interrupt(terminal), "events-shutdown");
        Runtime.getRuntime().addShutdownHook(end);
        return session;
    }

    /** Asks for one thing. */
    JsonNode call(ObjectNode request) {
        return patiently(() -> connection().call(request), () -> true);
    }

    /** Asks for a stream of things. */
    JsonNode call(ObjectNode request, Control.Items items) {
        AtomicBoolean begun = new AtomicBoolean();
        return patiently(
                () -> connection().call(request, (item, reply) -> {
                    begun.set(true);
                    return items.item(item, reply);
                }),
                () -> !begun.get());
    }

    /** Waits out the moment in which a folder goes from one process to the next. */
    private JsonNode patiently(Supplier<JsonNode> work, BooleanSupplier canRepeat) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return work.get();
            } catch (UnavailableException e) {
                boolean passing = e.code() == ErrorCode.OWNER_UNREACHABLE || e.code() == ErrorCode.FOLDER_IN_USE;
                if (!passing || events != null || !canRepeat.getAsBoolean() || System.nanoTime() > deadline) {
                    throw e;
                }
                disconnect();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private Control connection() {
        Control open = control;
        if (open == null) {
            open = connect();
            control = open;
        }
        return open;
    }

    private Control connect() {
        Optional<Control> owner = place.folder().flatMap(Control::owner);
        if (owner.isPresent()) {
            return owner.get();
        }
        Events opened = Events.open(place.components().toArray(Component[]::new));
        events = opened;
        if (place.bare()) {
            openStores(opened);
        }
        return Control.of(opened);
    }

    /** Those that are in the folder. */
    private static void openStores(Events opened) {
        opened.topics().list().stream()
                .filter(Topic::isStore)
                .forEach(topic ->
                        opened.configureStore(EventStore.named(topic.name().substring(Topic.STORE_PREFIX.length()))));
    }

    private void disconnect() {
        Control open = control;
        if (open != null) {
            open.close();
            control = null;
        }
    }

    /** The process is told to end, perhaps in the middle of a request, which need not be reported then. */
    private void interrupt(Terminal terminal) {
        if (events != null || control != null) {
            terminal.silence();
            close();
        }
    }

    @Override
    public void close() {
        disconnect();
        Events opened = events;
        if (opened != null) {
            opened.close();
            events = null;
        }
    }
}
