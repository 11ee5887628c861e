package io.clusterdb.events.cli;

import io.clusterdb.events.EventsException;
import io.clusterdb.events.cli.Failures.FailedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Publishes rows, or stores them, in batches. A row that can't be is reported with its line, and the rest goes on; what stops
 * all rows alike, such as a full disk, ends it.
 */
final class Upload {
    private static final int BATCH_EVENTS = 1_000;
    private static final int BATCH_BYTES = 1 << 20;

    private final Session session;
    private final Terminal terminal;
    private final Supplier<ObjectNode> request;
    private final Function<Row.Good, JsonNode> template;
    private final boolean strict;
    private final List<JsonNode> batch = new ArrayList<>();
    private final List<Long> lines = new ArrayList<>();
    private int batchBytes;
    private long published;
    private long failed;
    private @Nullable String firstFailure;

    /**
     * @param request makes one, to which the events of a batch are added
     * @param template makes an event of a row
     */
    Upload(
            Session session,
            Terminal terminal,
            Supplier<ObjectNode> request,
            Function<Row.Good, JsonNode> template,
            boolean strict) {
        this.session = session;
        this.terminal = terminal;
        this.request = request;
        this.template = template;
        this.strict = strict;
    }

    long published() {
        return published;
    }

    long failed() {
        return failed;
    }

    /** The first line that could not be published, with the reason. */
    @Nullable
    String firstFailure() {
        return firstFailure;
    }

    private boolean isStopped() {
        return strict && failed > 0;
    }

    void run(Rows rows, Input input, Progress progress) throws IOException {
        for (Row row = rows.next(); row != null && !isStopped(); row = rows.next()) {
            if (row instanceof Row.Good good && batchBytes + good.bytes() > BATCH_BYTES) {
                send(progress);
            }
            add(row, progress);
            if (batch.size() >= batchEvents() || batchBytes >= BATCH_BYTES || isStopped()) {
                send(progress);
                progress.show(input.bytesRead(), published);
            }
        }
        send(progress);
        progress.clear();
    }

    /** What is behind the first one that is refused must not be on its way already. */
    private int batchEvents() {
        return strict ? 1 : BATCH_EVENTS;
    }

    private void add(Row row, Progress progress) {
        switch (row) {
            case Row.Bad(long line, String why) -> fail(line, why, progress);
            case Row.Good good -> {
                try {
                    batch.add(template.apply(good));
                    lines.add(good.line());
                    batchBytes += good.bytes();
                } catch (EventTemplate.BadRowException e) {
                    fail(good.line(), String.valueOf(e.getMessage()), progress);
                }
            }
        }
    }

    private void fail(long line, String why, Progress progress) {
        String text = Human.visible("line " + line + ": " + why);
        failed++;
        firstFailure = firstFailure == null ? text : firstFailure;
        progress.clear();
        terminal.errorLine(text);
    }

    private void send(Progress progress) {
        if (batch.isEmpty()) {
            return;
        }
        ObjectNode asked = request.get();
        ArrayNode events = asked.putArray("events");
        batch.forEach(events::add);
        JsonNode result = answer(asked, progress);
        published += batch.size() - result.path("failed").size();
        for (JsonNode failure : result.path("failed")) {
            refused(failure, progress);
        }
        batch.clear();
        lines.clear();
        batchBytes = 0;
    }

    /** Of a whole batch that fails, it is told which lines it was. */
    private JsonNode answer(ObjectNode asked, Progress progress) {
        try {
            return session.call(asked);
        } catch (EventsException e) {
            progress.clear();
            FailedException failed = new FailedException(
                    e.problem().what() + " [" + e.code().id() + "]",
                    e.problem().why() + " (lines " + lines.getFirst() + " to " + lines.getLast() + "; " + published
                            + " events went before)",
                    e.problem().remedy());
            failed.initCause(e);
            throw failed;
        }
    }

    private void refused(JsonNode failure, Progress progress) {
        JsonNode error = failure.path("error");
        String what =
                error.path("what").asString("") + " [" + error.path("code").asString("") + "]";
        long line = lines.get(failure.path("index").asInt(0));
        if (Set.of("rejected", "conflict").contains(error.path("category").asString(""))) {
            fail(line, what + ": " + error.path("why").asString(""), progress);
            return;
        }
        progress.clear();
        throw new FailedException(
                what,
                error.path("why").asString("") + " (at line " + line + "; " + published + " events went before)",
                error.path("remedy").asString(""));
    }
}
