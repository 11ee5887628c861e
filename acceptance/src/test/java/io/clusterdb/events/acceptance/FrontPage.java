package io.clusterdb.events.acceptance;

import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** The program on the front page. */
final class FrontPage {
    private static final CountDownLatch SHIPPED = new CountDownLatch(1);

    private FrontPage() {}

    public static void main(String[] arguments) throws InterruptedException {
        // snippet: readme
        Events events = Events.open(EventBroker.named("shop").store(RocksDb.at(Path.of("data"))));
        events.createTopic(Topic.named("orders").partitions(10));
        events.createConsumerGroup(ConsumerGroup.of("order-processor", "orders"));

        events.publish(
                "orders",
                Event.of("order.created", new Order("order-123", "c-1", 1200)).withKey("c-1"));

        Subscription large = Subscription.of("order-processor", "orders").filter("data.total >= 1000");
        events.subscribe(large, message -> ship(message.data(Order.class))); // returns: done. Throws: again later
        // end
        SHIPPED.await();
        events.close();
    }

    private static void ship(Order order) {
        System.out.println("shipped " + order.id());
        SHIPPED.countDown();
    }
}
