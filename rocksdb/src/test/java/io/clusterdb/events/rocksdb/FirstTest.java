package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.*;
import io.clusterdb.events.spi.*;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.*;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstTest {
    record Order(String id, double total) {}

    @Test
    void publishAndConsume(@TempDir Path dir) throws Exception {
        for (int round = 0; round < 3; round++) {
            long t0 = System.nanoTime();
            try (Events events = Events.open(EventBroker.named("main").store(RocksDb.at(dir)))) {
                System.out.println("open ms " + (System.nanoTime() - t0) / 1e6);
                events.createTopic(Topic.named("orders").partitions(3));
                events.createConsumerGroup(ConsumerGroup.of("g", "orders"));
                t0 = System.nanoTime();
                for (int i = 0; i < 1000; i++) {
                    Published p = events.publish(
                            "orders",
                            Event.of("order.created", new Order("o" + i, i)).withKey("k" + i % 7));
                    assertThat(p.offset()).isPresent();
                }
                System.out.println("sync publish us " + (System.nanoTime() - t0) / 1e6);
                var seen = new ConcurrentLinkedQueue<String>();
                var done = new CountDownLatch(500);
                var s = events.subscribe(
                        Subscription.of("g", "orders")
                                .filter("data.total >= 500")
                                .concurrency(10),
                        m -> {
                            seen.add(m.payload().id());
                            done.countDown();
                        });
                assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
                s.close();
                assertThat(seen).hasSize(500);
                assertThat(events.groups().lag("g").events()).isZero();
                t0 = System.nanoTime();
            }
            System.out.println("close ms " + (System.nanoTime() - t0) / 1e6);
        }
    }

    @Test
    void storage(@TempDir Path dir) throws Exception {
        var random = new Random(1);
        var table = new Storage.Table(5, "t");
        Map<Long, Integer> model = new TreeMap<>();
        long next = 0;
        long start = 0;
        for (int round = 0; round < 20; round++) {
            try (var s = RocksDbStorage.open(RocksDb.at(dir).segmentSize(ByteSize.kib(64)))) {
                for (int i = 0; i < 200; i++) {
                    var c = new Commit();
                    for (int log = 0; log < 3; log++) {
                        byte[] b = new byte[random.nextInt(2000)];
                        Arrays.fill(b, (byte) next);
                        c.append(log, next, Bytes.of(b));
                    }
                    model.put(next, 0);
                    next += 1 + random.nextInt(3);
                    c.put(table, ("k" + random.nextInt(100)).getBytes(), ("v" + i).getBytes());
                    s.commit(c);
                    if (random.nextInt(50) == 0) {
                        start = next - random.nextInt(100);
                        final long b = start;
                        s.commit(new Commit().trim(0, start).trim(1, start));
                        model.keySet().removeIf(o -> o < b);
                    }
                    if (random.nextInt(20) == 0) s.sync();
                }
                for (int log = 0; log < 3; log++) {
                    var offsets = new ArrayList<Long>();
                    try (var e = s.entries(log, 0)) {
                        while (e.next()) {
                            offsets.add(e.offset());
                            assertThat(e.bytes().length()).isEqualTo(e.length());
                            if (e.length() > 0) assertThat(e.bytes().at(0)).isEqualTo((byte) e.offset());
                        }
                    }
                    if (log < 2) assertThat(offsets).containsExactlyElementsOf(model.keySet());
                    else System.out.println(offsets.size());
                }
                try (var l = java.nio.file.Files.list(dir.resolve("journal"))) {
                    System.out.println("segments " + l.count());
                }
            }
        }
    }
}
