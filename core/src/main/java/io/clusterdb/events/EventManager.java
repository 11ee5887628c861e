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
     * @throws RejectedException before anything is written: when the event is too large, its data can't be encoded or
     *     do not fit the topic's schema, it has no key and the topic is compacted, or a copy does not fit the topic that
     *     it is routed to
     * @throws ConflictException when another event within the topic's deduplication window has its id
     * @throws UnavailableException when it could not be written within the delivery time-out; it is not there
     * @throws OutcomeUnknownException when it may be written or not, or be written and not be durable
     */
    Published publish(String topic, Event event, Producer producer);

    default CompletableFuture<Published> publishAsync(String topic, Event event) {
        return publishAsync(topic, event, Producer.defaults());
    }

    /**
     * As {@link #publish(String, Event, Producer)}, without waiting for the answer: it waits only while more bytes than
     * {@link Producer#maxInFlight} are on their way. What is chained to the future runs on a thread for that purpose.
     * What {@code publish} throws comes by the future, or is thrown at once when it is known at once.
     */
    CompletableFuture<Published> publishAsync(String topic, Event event, Producer producer);

    /** Joins the group, to pull messages and answer them by hand. */
    Consumer subscribe(Subscription subscription);

    Topic createTopic(Topic topic);

    /** As {@link Topics#delete}. */
    void deleteTopic(String name);
}
