package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.StoreForwardContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class KafkaStoreForwardContractIT extends StoreForwardContract {
    private final Memory memory = Memory.create();

    @Override
    protected EventBroker broker(Path home) {
        return EventBroker.named("contract").store(Kafka.at(KafkaNode.shared().address()));
    }

    @Override
    protected StoreBackend place(Path home) {
        return memory;
    }

    @Test
    void group_can_have_the_topic_that_a_store_is_forwarded_to_and_not_the_store() {
        assertThatThrownBy(() -> events.createConsumerGroup(ConsumerGroup.of("readers", "store:orders")))
                .isInstanceOfSatisfying(RejectedException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.ENGINE_REFUSED);
                    assertThat(e.problem().remedy()).contains("forwardTo");
                });
    }
}
