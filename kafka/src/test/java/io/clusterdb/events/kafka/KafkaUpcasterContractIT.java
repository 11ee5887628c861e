package io.clusterdb.events.kafka;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.testkit.UpcasterContract;
import java.nio.file.Path;

class KafkaUpcasterContractIT extends UpcasterContract {
    @Override
    protected Events open(Path home, Component... more) {
        return Events.open(with(
                EventBroker.named("contract").store(Kafka.at(KafkaNode.shared().address())), more));
    }
}
