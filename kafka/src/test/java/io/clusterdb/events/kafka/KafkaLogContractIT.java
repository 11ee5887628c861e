package io.clusterdb.events.kafka;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.LogContract;
import java.nio.file.Path;

/** The contract of log engines, on a real Kafka of one node. */
class KafkaLogContractIT extends LogContract {
    @Override
    protected LogEngine open(Path home) {
        return Kafka.at(KafkaNode.shared().address()).open(EventBroker.named("contract"), new Threads());
    }
}
