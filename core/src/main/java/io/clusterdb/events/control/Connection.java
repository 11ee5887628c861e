package io.clusterdb.events.control;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.RejectedException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One command that is connected to the owner. Requests are answered one after the other; while one of a stream runs, on
 * a thread of its own, what comes in belongs to it.
 *
 * <p>When the owner closes, a request that runs is answered, a stream is cut, and then the other side is told that
 * nothing more will be done: so it knows that a request it has sent meanwhile was not begun, and can go elsewhere.
 */
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final LineChannel lines;
    private final RequestDispatcher dispatcher;
    private final Consumer<Connection> onEnd;
    private volatile @Nullable Running running;
    private boolean closing;

    Connection(SocketChannel channel, RequestDispatcher dispatcher, Consumer<Connection> onEnd) {
        this.lines = new LineChannel(channel, Wire.MAX_REQUEST);
        this.dispatcher = dispatcher;
        this.onEnd = onEnd;
    }

    void start() {
        thread("events-owner-connection", this::serve).start();
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Says why not, and closes. */
    void refuse(EventsException why) {
        try {
            lines.write(answer(Wire.ERROR, ErrorJson.write(why)));
        } catch (IOException e) {
            LOG.debug("A command went away before it was refused", e);
        }
        close();
    }

    /** Lets the request that runs end, and tells the other side. It may wait for the other side to read. */
    void end() {
        try {
            synchronized (this) {
                closing = true;
                Running request = running;
                if (request != null && request.isStream()) {
                    request.open = false;
                }
                while (running != null) {
                    wait();
                }
            }
            lines.write(Wire.JSON.createObjectNode().put(Wire.CLOSING, true));
        } catch (IOException e) {
            LOG.debug("A command went away before it was told that the folder is closed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
    }

    /** Hangs up. */
    void close() {
        Running request = running;
        if (request != null) {
            request.open = false;
        }
        lines.close();
        onEnd.accept(this);
    }

    private void serve() {
        try {
            lines.write(Wire.JSON
                    .createObjectNode()
                    .put("protocol", Wire.PROTOCOL)
                    .put("pid", ProcessHandle.current().pid()));
            for (JsonNode line = lines.read(); line != null; line = lines.read()) {
                take(line);
            }
        } catch (EventsException e) {
            refuse(e);
        } catch (IOException e) {
            LOG.debug("A command went away", e);
        } finally {
            close();
        }
    }

    private void take(JsonNode line) throws IOException {
        Running request = running;
        if (!line.has(Wire.VERB)) {
            if (request != null) {
                request.hear(line);
            }
        } else if (admit(new Running(line))) {
            begin(line);
        }
    }

    private synchronized boolean admit(Running request) {
        if (running != null) {
            throw RejectedException.invalid(
                    "the owner socket", "request", "a second one", "one at a time on a connection");
        }
        if (!closing) {
            running = request;
        }
        return !closing;
    }

    private synchronized void finish(Running request, ObjectNode last) throws IOException {
        running = null;
        notifyAll();
        if (!closing || !request.isStream()) {
            lines.write(last);
        }
    }

    private void begin(JsonNode line) throws IOException {
        String verb = line.path(Wire.VERB).asString("");
        if (RequestDispatcher.isChanging(verb) && !verb.equals("publish") && !verb.equals("store.append")) {
            LOG.info("Asked by user {} through {}: {}", user(), Wire.SOCKET, line);
        }
        Running request = Objects.requireNonNull(running);
        if (request.isStream()) {
            thread("events-owner-stream", request).start();
        } else {
            request.run();
        }
    }

    private String user() throws IOException {
        try {
            return lines.channel()
                    .getOption(ExtendedSocketOptions.SO_PEERCRED)
                    .user()
                    .getName();
        } catch (UnsupportedOperationException e) {
            return "unknown";
        }
    }

    private static ObjectNode answer(String name, JsonNode value) {
        return Wire.JSON.createObjectNode().set(name, value);
    }

    /** A request that is being answered. */
    private final class Running implements Exchange, Runnable {
        private final JsonNode request;
        private volatile boolean open = true;
        private volatile @Nullable Consumer<JsonNode> listener;

        Running(JsonNode request) {
            this.request = request;
        }

        boolean isStream() {
            return RequestDispatcher.isStream(request.path(Wire.VERB).asString(""));
        }

        @Override
        public void run() {
            ObjectNode last = answer();
            try {
                finish(this, last);
            } catch (IOException e) {
                close();
            }
        }

        private ObjectNode answer() {
            try {
                return Connection.answer(Wire.RESULT, dispatcher.handle(request, this));
            } catch (EventsException e) {
                return Connection.answer(Wire.ERROR, ErrorJson.write(e));
            } catch (RuntimeException e) {
                LOG.error("The request {} failed", request.path(Wire.VERB), e);
                return Connection.answer(
                        Wire.ERROR,
                        ErrorJson.write(OutcomeUnknownException.write(
                                "What " + request.path(Wire.VERB).asString("") + " asked for", e)));
            }
        }

        @Override
        public boolean item(JsonNode item) {
            if (open) {
                try {
                    lines.write(Connection.answer(Wire.ITEM, item));
                } catch (IOException e) {
                    open = false;
                }
            }
            return open;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void onReply(Consumer<JsonNode> replies) {
            listener = replies;
        }

        void hear(JsonNode line) {
            if (line.has(Wire.STOP)) {
                open = false;
            } else if (listener != null) {
                listener.accept(line);
            }
        }
    }
}
