package io.clusterdb.events;

import java.util.List;
import java.util.function.UnaryOperator;

/** The administration of consumer groups. Thread-safe. Changes are durable when a method returns. */
public interface Groups {
    /**
     * Creates a group; one that exists with the same settings is left as it is.
     *
     * @throws ConflictException when it exists with other settings
     */
    ConsumerGroup create(ConsumerGroup group);

    /** @throws NotFoundException when there is none of that name */
    ConsumerGroup get(String name);

    /** All groups by name. */
    List<ConsumerGroup> list();

    /**
     * Changes the settings of a group, or its topics, and keeps its positions. In a topic that it gets, it begins where
     * its reset policy says; those in a topic that it loses are kept, should the topic come back.
     *
     * @param change from the group as it is to the one it shall be, of the same name
     * @return the group as it is now
     * @throws ConflictException when it has members
     * @throws NotFoundException when there is none of that name
     */
    ConsumerGroup alter(String name, UnaryOperator<ConsumerGroup> change);

    /**
     * Deletes a group, its positions and what was replayed to it; its dead letters stay.
     *
     * @throws ConflictException when it has members
     */
    void delete(String name);

    /** How far a group is behind, per partition. */
    GroupLag lag(String name);

    /**
     * Has a group go on from somewhere else in all partitions of its topics; what was unanswered is forgotten.
     *
     * @param dryRun only tell what would become
     * @return per partition, from where to where
     * @throws ConflictException when it has members
     */
    List<PositionChange> reset(String name, AutoOffsetReset to, boolean dryRun);

    /**
     * A position that moves.
     *
     * @param from the offset below which everything was answered
     */
    record PositionChange(String topic, int partition, long from, long to) {}
}
