package io.clusterdb.events.benchmarks;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.Subscription;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** A new group handles and answers every event of a topic, ten at a time: events per second, to the last one. */
final class EventsHandle implements Side {
    private final EventsFolder folder;
    private final int count;
    private int round;

    EventsHandle(Settings settings) throws IOException, InterruptedException {
        folder = new EventsFolder(settings);
        count = settings.number("count");
        folder.createTopics("orders");
        folder.publish("orders");
    }

    @Override
    public double round() throws InterruptedException {
        String group = "group-" + round++;
        folder.events().createConsumerGroup(ConsumerGroup.of(group, "orders0"));
        Semaphore handled = new Semaphore(0);
        Subscription subscription = Subscription.of(group, "orders0").concurrency(10);
        long start = System.nanoTime();
        ActiveSubscription active = folder.events().subscribe(subscription, message -> handled.release());
        handled.acquire(count);
        active.close();
        double seconds = (System.nanoTime() - start) / 1e9;
        long lag = folder.events().groups().lag(group).events();
        if (lag != 0) {
            throw new IllegalStateException("handled " + count + " events, and " + lag + " are left");
        }
        return count / seconds;
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
