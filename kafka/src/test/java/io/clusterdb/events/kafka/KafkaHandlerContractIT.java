package io.clusterdb.events.kafka;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.HandlerContract;
import java.nio.file.Path;

class KafkaHandlerContractIT extends HandlerContract {
    @Override
    protected Events open(Path home) {
        return Events.open(
                EventBroker.named("contract").store(Kafka.at(KafkaNode.shared().address())));
    }
}
