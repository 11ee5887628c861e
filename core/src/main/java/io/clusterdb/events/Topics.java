package io.clusterdb.events;

import java.util.List;
import java.util.function.UnaryOperator;

/** The administration of topics. Thread-safe. Changes are durable when a method returns. */
public interface Topics {
    /**
     * Creates a topic; one that exists with the same settings is left as it is. A schema that differs is registered as
     * the topic's next version if it is compatible.
     *
     * @throws ConflictException when it exists with other settings, or a schema is not compatible
     */
    Topic create(Topic topic);

    /** @throws NotFoundException when there is none of that name */
    Topic get(String name);

    /** All topics by name, the broker's own left out. */
    List<Topic> list();

    /**
     * Gives a topic other settings, or more partitions.
     *
     * @throws RejectedException when it would shrink; or grow though it has events with keys, whose order across the
     *     change is lost: {@link #growMovingKeys} does that
     */
    Topic alter(String name, UnaryOperator<Topic> change);

    /** Adds partitions even though new events of a key may then go to another partition than its old ones. */
    Topic growMovingKeys(String name, int partitions);

    /**
     * Deletes a topic with its events.
     *
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException when another topic routes events to it
     */
    void delete(String name);

    /** What a topic holds. */
    TopicStatus status(String name);
}
