package io.clusterdb.events.control;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A connection to the process that has a folder. */
final class OwnerClient implements Control {
    private static final int GREETING_SECONDS = 10;

    private final Path folder;
    private final LineChannel lines;

    private OwnerClient(Path folder, LineChannel lines) {
        this.folder = folder;
        this.lines = lines;
    }

    /** Empty when nobody listens; a socket file may be there all the same, of an owner that has died. */
    static Optional<OwnerClient> connect(Path folder) {
        if (!Files.exists(folder.resolve(Wire.SOCKET))) {
            return Optional.empty();
        }
        try (SocketFile file = SocketFile.in(folder, Wire.SOCKET)) {
            SocketChannel channel = SocketChannel.open(file.address());
            OwnerClient client = new OwnerClient(folder, new LineChannel(channel, Wire.MAX_ANSWER));
            client.greet();
            return Optional.of(client);
        } catch (ConnectException e) {
            return Optional.empty();
        } catch (IOException e) {
            if (!Files.exists(folder.resolve(Wire.SOCKET))) {
                return Optional.empty();
            }
            throw unreachable(folder, String.valueOf(e.getMessage()), e);
        }
    }

    private void greet() {
        CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
        Thread reader = new Thread(() -> read(greeting), "events-owner-greeting");
        reader.setDaemon(true);
        reader.start();
        JsonNode hello;
        try {
            hello = greeting.completeOnTimeout(null, GREETING_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (RuntimeException e) {
            close();
            throw unreachable(folder, "it hung up", e);
        }
        int protocol = hello == null ? -1 : hello.path("protocol").asInt(0);
        if (protocol == Wire.PROTOCOL) {
            return;
        }
        close();
        if (hello != null && hello.has(Wire.ERROR)) {
            throw ErrorJson.read(hello.path(Wire.ERROR));
        }
        throw unreachable(
                folder,
                hello == null
                        ? "it did not greet within " + GREETING_SECONDS + " s"
                        : "it speaks version " + protocol + " of the owner socket, this command " + Wire.PROTOCOL,
                null);
    }

    private void read(CompletableFuture<JsonNode> greeting) {
        try {
            JsonNode line = lines.read();
            if (line == null) {
                greeting.completeExceptionally(new IOException("closed"));
            } else {
                greeting.complete(line);
            }
        } catch (IOException | EventsException e) {
            greeting.completeExceptionally(e);
        }
    }

    private static UnavailableException unreachable(Path folder, String why, @Nullable Throwable cause) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.OWNER_UNREACHABLE,
                        "The process that has the folder " + folder + " does not answer",
                        why,
                        "Try again. If it stays so, look at that process: it may be stopped, of another version of "
                                + "Events, or another user's"),
                cause);
    }

    @Override
    public JsonNode call(ObjectNode request, Items items) {
        String verb = request.path(Wire.VERB).asString("");
        try {
            lines.write(request);
        } catch (IOException e) {
            throw unheard(e);
        }
        try {
            boolean wanted = true;
            for (JsonNode line = lines.read(); line != null; line = lines.read()) {
                if (line.has(Wire.RESULT)) {
                    return line.path(Wire.RESULT);
                }
                if (line.has(Wire.ERROR)) {
                    throw ErrorJson.read(line.path(Wire.ERROR));
                }
                if (line.has(Wire.CLOSING)) {
                    throw unreachable(folder, "it has just given the folder back", null);
                }
                if (wanted && !items.item(line.path(Wire.ITEM), this::reply)) {
                    wanted = false;
                    reply(Wire.JSON.createObjectNode().put(Wire.STOP, true));
                }
            }
            throw gone(verb, new IOException("it closed the connection"));
        } catch (IOException e) {
            throw gone(verb, e);
        }
    }

    /** An owner that hangs up in the middle of a request, as it is too long, has said so. */
    private EventsException unheard(IOException cause) {
        try {
            JsonNode line = lines.read();
            if (line != null && line.has(Wire.ERROR)) {
                return ErrorJson.read(line.path(Wire.ERROR));
            }
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return unreachable(folder, "it hung up before it had the whole request", cause);
    }

    private void reply(ObjectNode reply) {
        try {
            lines.write(reply);
        } catch (IOException e) {
            // The owner is gone, which the next read tells, with what it had to say before.
        }
    }

    private EventsException gone(String verb, IOException cause) {
        return RequestDispatcher.isChanging(verb)
                ? OutcomeUnknownException.write("What " + verb + " asked the owner of " + folder + " for", cause)
                : unreachable(folder, "it went away: " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        lines.close();
    }
}
