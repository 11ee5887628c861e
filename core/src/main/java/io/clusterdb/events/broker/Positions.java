package io.clusterdb.events.broker;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.IsolationLevel;
import io.clusterdb.events.spi.Bounds;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.TopicPartition;
import java.util.OptionalLong;

/** Where groups begin. */
final class Positions {
    private final LogEngine engine;
    private final Environment environment;
    private final GroupRegistry groups;

    Positions(LogEngine engine, Environment environment, GroupRegistry groups) {
        this.engine = engine;
        this.environment = environment;
        this.groups = groups;
    }

    /** Where a group begins in a partition that it has never read; empty when it has declared that it must not. */
    OptionalLong firstContact(ConsumerGroup group, TopicPartition partition) {
        if (groups.isLater(group.name(), partition)) {
            return OptionalLong.of(engine.bounds(partition).start());
        }
        return of(group.config().reset(), group, partition);
    }

    /** The offset that a policy stands for now. What is still undecided comes later to who reads what is committed. */
    OptionalLong of(AutoOffsetReset reset, ConsumerGroup group, TopicPartition partition) {
        Bounds bounds = engine.bounds(partition);
        return switch (reset) {
            case AutoOffsetReset.Earliest earliest -> OptionalLong.of(bounds.start());
            case AutoOffsetReset.Latest latest ->
                OptionalLong.of(
                        group.config().isolationLevel() == IsolationLevel.READ_COMMITTED
                                ? bounds.stableEnd()
                                : bounds.end());
            case AutoOffsetReset.At at -> OptionalLong.of(engine.offsetAt(partition, at.instant()));
            case AutoOffsetReset.Back back ->
                OptionalLong.of(engine.offsetAt(partition, environment.instant().minus(back.duration())));
            case AutoOffsetReset.None none -> OptionalLong.empty();
        };
    }
}
