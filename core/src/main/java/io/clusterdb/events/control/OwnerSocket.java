package io.clusterdb.events.control;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Events;
import io.clusterdb.events.Problem;
import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket on which the process that has a folder answers commands: the file {@code owner.sock} in it, which only the
 * folder's own user may open. It has platform threads of its own, two for a connection, so that nobody who reads slowly
 * holds up the broker. Thread-safe.
 */
public final class OwnerSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerSocket.class);

    private static final int DRAIN_SECONDS = 5;

    private final Path file;
    private final ServerSocketChannel server;
    private final RequestDispatcher dispatcher;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    private OwnerSocket(Path file, ServerSocketChannel server, RequestDispatcher dispatcher) {
        this.file = file;
        this.server = server;
        this.dispatcher = dispatcher;
    }

    /**
     * Listens in a folder that this process has. A socket that an earlier owner left there is replaced. Where it can't
     * listen, it says so in the log, and answers null: the broker does not depend on it.
     */
    public static @Nullable OwnerSocket listen(Path folder, Events events) {
        try {
            OwnerSocket socket =
                    new OwnerSocket(folder.resolve(Wire.SOCKET), bind(folder), new RequestDispatcher(events));
            Thread thread = new Thread(socket::accept, "events-owner-socket");
            thread.setDaemon(true);
            thread.start();
            return socket;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn(
                    "The events command can't reach this process: no socket in {} ({}). All else works; "
                            + "a folder with a shorter path, on a local file system, would do",
                    folder,
                    e.getMessage());
            return null;
        }
    }

    /** Binds where nobody else can look, closes it to others, and only then puts it in its place. */
    private static ServerSocketChannel bind(Path folder) throws IOException {
        Path hidden = hiddenFolder(folder);
        Path bound = hidden.resolve("s");
        Files.deleteIfExists(bound);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try (SocketFile place = SocketFile.in(hidden, "s")) {
            server.bind(place.address());
            allowOwnerOnly(bound, "rw-------");
            Files.move(
                    bound,
                    folder.resolve(Wire.SOCKET),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        } finally {
            Files.deleteIfExists(bound);
            Files.deleteIfExists(hidden);
        }
    }

    /** One of a fixed name: what a process that was killed here leaves is found by the next one. */
    private static Path hiddenFolder(Path folder) throws IOException {
        Path hidden = Files.createDirectories(folder.resolve(".owner"));
        allowOwnerOnly(hidden, "rwx------");
        return hidden;
    }

    private static void allowOwnerOnly(Path path, String permissions) throws IOException {
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                Connection connection = new Connection(channel, dispatcher, connections::remove);
                connections.add(connection);
                if (connections.size() > Wire.MAX_CONNECTIONS) {
                    connection.refuse(tooMany());
                } else {
                    connection.start();
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("A command could not be let in", e);
            }
        }
    }

    private static UnavailableException tooMany() {
        return new UnavailableException(new Problem(
                ErrorCode.OWNER_UNREACHABLE,
                "The owner of the folder answers too many commands already",
                Wire.MAX_CONNECTIONS + " are connected, which is the limit",
                "End some of them, for example those with --follow, and try again"));
    }

    /** Answers what is asked already, and nobody any more. Who does not take its answer in time is cut off. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("The socket {} could not be removed", file, e);
        }
        List<CompletableFuture<Void>> ends = connections.stream()
                .map(connection -> CompletableFuture.runAsync(connection::end, OwnerSocket::start))
                .toList();
        CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, DRAIN_SECONDS, TimeUnit.SECONDS)
                .join();
        connections.forEach(Connection::close);
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "events-owner-socket-end");
        thread.setDaemon(true);
        thread.start();
    }
}
