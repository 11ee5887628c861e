package io.clusterdb.events.control;

import io.clusterdb.events.Consumer;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Message;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to consume as a member of a group. Each item carries the number of its delivery; the other side answers
 * {@code {"ack": [number, …]}}, {@code {"nack": [number, …]}} or {@code {"term": [number, …], "reason": …}}. What is not
 * answered when the request ends is delivered again.
 */
final class Consumption {
    /** How long to wait before looking again whether somebody still wants messages. */
    private static final Duration POLL = Duration.ofMillis(200);

    /**
     * Whoever goes away takes the connection along, and with it the membership. So there is no need for a time-out that
     * would fail the messages of somebody who reads slowly.
     */
    private static final Duration TIMEOUT = Duration.ofDays(1);

    private static final int MAX_WINDOW = 1_000;

    private final Events events;
    private final Exchange exchange;
    private final Subscription subscription;
    private final long limit;
    private final @Nullable Duration idle;
    private final Map<Long, Message> unanswered = new ConcurrentHashMap<>();
    private volatile @Nullable EventsException failure;

    Consumption(Events events, Request request, Exchange exchange) {
        this.events = events;
        this.exchange = exchange;
        this.limit = request.number("limit", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
        this.idle = request.duration("idle").orElse(null);
        long window = request.number("window", 1, MAX_WINDOW).orElse(1);
        Subscription all = Subscription.of(
                        request.text("group"), request.texts("topics").toArray(String[]::new))
                .concurrency((int) Math.min(window, Math.max(1, limit)))
                .timeout(TIMEOUT)
                .retry(new RetryPolicy(10_000, RetryPolicy.DEFAULT.backoff()));
        this.subscription = request.optionalText("where").map(all::filter).orElse(all);
    }

    JsonNode run() {
        long sent = 0;
        exchange.onReply(this::answer);
        try (Consumer consumer = events.subscribe(subscription)) {
            long quietSince = System.nanoTime();
            while (isWanted() && sent < limit && !isIdle(quietSince)) {
                Optional<Message> next = consumer.next(POLL);
                if (next.isPresent()) {
                    sent++;
                    give(sent, next.get());
                    quietSince = System.nanoTime();
                }
            }
            awaitAnswers();
        }
        EventsException failed = failure;
        if (failed != null) {
            throw failed;
        }
        return Wire.JSON.createObjectNode().put("events", sent);
    }

    private boolean isWanted() {
        return failure == null && exchange.isOpen();
    }

    private boolean isIdle(long sinceNanos) {
        return idle != null && unanswered.isEmpty() && System.nanoTime() - sinceNanos >= idle.toNanos();
    }

    private void give(long delivery, Message message) {
        unanswered.put(delivery, message);
        ObjectNode item = EventJson.write(message).put("delivery", delivery);
        exchange.item(item);
    }

    private void answer(JsonNode reply) {
        try {
            answer(reply.path("ack"), Message::commit);
            answer(reply.path("nack"), Message::nack);
            answer(reply.path("term"), m -> m.term(reply.path("reason").asString("refused by a command")));
        } catch (EventsException e) {
            failure = e;
        }
        synchronized (unanswered) {
            unanswered.notifyAll();
        }
    }

    /** A message counts as answered when that is written, not before: its consumer lives until then. */
    private void answer(JsonNode deliveries, java.util.function.Consumer<Message> verb) {
        for (JsonNode number : deliveries) {
            Message message = unanswered.get(number.asLong(-1));
            if (message != null) {
                verb.accept(message);
                unanswered.remove(number.asLong(-1));
            }
        }
    }

    private void awaitAnswers() {
        synchronized (unanswered) {
            while (!unanswered.isEmpty() && isWanted()) {
                try {
                    unanswered.wait(POLL.toMillis());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }
}
