package io.clusterdb.events.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.Threads;
import io.clusterdb.events.testkit.Patience;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A store that several processes have open, beside a cluster that they have open too: one of them forwards. */
class KafkaForwardIT {
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));
    private static final EventStore STORE = EventStore.named("orders");

    private final String topic = "forwarded-" + UUID.randomUUID();
    private final StoreEngine engine = Memory.create().open(STORE, DataCodec.NONE, new Threads());

    /** One engine for all, which outlives those who have it open, as a server does. */
    private record Server(StoreEngine engine) implements StoreBackend {
        @Override
        public String type() {
            return "server";
        }

        @Override
        public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
            return (StoreEngine) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {StoreEngine.class}, (proxy, method, arguments) -> {
                        try {
                            return method.getName().equals("close") ? null : method.invoke(engine, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }

    private Events open() {
        return Events.open(
                EventBroker.named("several").store(Kafka.at(KafkaNode.shared().address())),
                STORE.store(new Server(engine)).forwardTo(topic));
    }

    private static void store(Events events, int count) {
        for (int i = 0; i < count; i++) {
            events.storeEvent(DomainEvent.of("Order", "o-" + i % 3, 0, "order.changed", Map.of("n", i)));
        }
    }

    private List<Long> forwarded(Events events) {
        List<Long> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(Duration.ofMillis(100))
                        .flatMap(stored -> DomainEvent.of(stored.event()))
                        .ifPresent(event -> all.add(event.position()));
            }
        }
        return all;
    }

    @Test
    void each_event_comes_once_in_order_while_those_who_forward_come_and_go() {
        try (Events stays = open()) {
            stays.createTopic(Topic.named(topic));
            Events first = open();
            store(first, 20);
            store(stays, 20);
            PATIENCE.until("some are forwarded", () -> forwarded(stays).size() > 10);
            try (Events second = open()) {
                store(second, 30);
                first.close();
                store(second, 30);
                PATIENCE.until("more are forwarded", () -> forwarded(stays).size() > 60);
            }
            store(stays, 20);
            PATIENCE.until(
                    "all are forwarded", () -> stays.forwards().getFirst().behind() == 0);

            assertThat(forwarded(stays))
                    .isEqualTo(LongStream.rangeClosed(1, 120).boxed().toList());
        }
        engine.close();
    }
}
