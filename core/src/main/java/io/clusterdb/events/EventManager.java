package io.clusterdb.events;

import java.util.concurrent.CompletableFuture;

/** The broker's basic verbs. */
public interface EventManager {
    /** Publishes with {@link Producer#defaults}: returns when the event is on the disk. */
    default Published publish(String topic, Event event) {
        return publish(topic, event, Producer.defaults());
    }

    /**
     * Publishes an event and waits for the answer that the producer's acks ask for.
     *
     * @throws NotFoundException when the topic does not exist
     * @throws RejectedException when the event is too large, before anything is written
     * @throws UnavailableException when it could not be written within the delivery time-out; it is not there
     * @throws OutcomeUnknownException when it is written but may not be durable
     */
    Published publish(String topic, Event event, Producer producer);

    default CompletableFuture<Published> publishAsync(String topic, Event event) {
        return publishAsync(topic, event, Producer.defaults());
    }

    /**
     * As {@link #publish(String, Event, Producer)}, without waiting for the answer: it waits only while more bytes than
     * {@link Producer#maxInFlight} are on their way. What is chained to the future runs on a thread for that purpose.
     */
    CompletableFuture<Published> publishAsync(String topic, Event event, Producer producer);

    /** Joins the group, to pull messages and answer them by hand. */
    Consumer subscribe(Subscription subscription);

    Topic createTopic(Topic topic);

    void deleteTopic(String name);
}
