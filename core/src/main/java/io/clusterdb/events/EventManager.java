package io.clusterdb.events;

/** The broker's four basic verbs. */
public interface EventManager {
    /** Publishes with {@link Producer#defaults}: returns when the event is on the disk. */
    Published publish(String topic, Event event);

    /** Joins the group, to pull messages and answer them by hand. */
    Consumer subscribe(Subscription subscription);

    Topic createTopic(Topic topic);

    void deleteTopic(String name);
}
