package io.clusterdb.events.kafka;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.ScheduleContract;
import java.nio.file.Path;

class KafkaScheduleContractIT extends ScheduleContract {
    @Override
    protected Events open(Path home) {
        return Events.open(
                EventBroker.named("contract").store(Kafka.at(KafkaNode.shared().address())));
    }
}
