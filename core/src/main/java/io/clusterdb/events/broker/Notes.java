package io.clusterdb.events.broker;

import io.clusterdb.events.Subscription;
import io.clusterdb.events.spi.NewRecord;
import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a member writes down in one step: how far each partition is, and the records that say the rest. */
record Notes(Map<TopicPartition, Long> floors, List<NewRecord> records) {

    static Notes of(Broker broker, Subscription subscription, Map<Assigned, Delivery.Changes> changes) {
        String group = subscription.group();
        String deadLetters = broker.deadLetterTopic(subscription);
        Map<TopicPartition, Long> floors = new HashMap<>();
        List<NewRecord> records = new ArrayList<>();
        changes.forEach((part, changed) -> {
            floors.put(part.partition(), part.delivery().floor());
            broker.deliveryLog().write(group, part.partition(), changed, records);
            for (Delivery.Letter letter : changed.letters()) {
                records.add(DeadLetterRecord.of(deadLetters, group, letter));
            }
        });
        return new Notes(floors, records);
    }
}
