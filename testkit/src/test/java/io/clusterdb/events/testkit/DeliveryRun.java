package io.clusterdb.events.testkit;

import io.clusterdb.events.ActiveSubscription;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.ConsumerGroup;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.GroupLag;
import io.clusterdb.events.Message;
import io.clusterdb.events.Published;
import io.clusterdb.events.RetryPolicy;
import io.clusterdb.events.Subscription;
import io.clusterdb.events.Topic;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One simulated life of a broker with a group of up to three members, drawn from a seed: events are published; handlers
 * commit, fail, nack, terminate, skip, hang; members come, pause and go; the clock jumps; the process is killed and the
 * power lost. Everything that is seen is told to a {@link DeliveryModel}.
 */
final class DeliveryRun {
    private static final int MAX_ATTEMPTS = 3;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String GROUP = "g";
    private static final String TOPIC = "t";

    private final Random random;
    private final Simulation simulation;
    private final MemoryStorage storage = MemoryStorage.withPowerLoss();
    private final DeliveryModel model = new DeliveryModel(MAX_ATTEMPTS);
    private final List<ActiveSubscription> members = new ArrayList<>();
    private Events events;
    private long seenDeadLetters;
    private int published;
    private boolean calm;
    private int lives;
    private @Nullable AssertionError violation;

    DeliveryRun(long seed) {
        this.random = new Random(~seed);
        this.simulation = new Simulation(seed);
        this.events = open();
        events.createTopic(Topic.named(TOPIC).partitions(2));
        events.createConsumerGroup(ConsumerGroup.of(GROUP, TOPIC));
        addMember();
    }

    /** @param operations how many things happen before everything is let come to rest */
    static void run(long seed, int operations) {
        new DeliveryRun(seed).live(operations);
    }

    private Events open() {
        return Events.open(simulation, EventBroker.named("simulated").store(new Memory(storage)));
    }

    private void live(int operations) {
        for (int i = 0; i < operations; i++) {
            operate();
            check();
        }
        calm = true;
        members.forEach(ActiveSubscription::resume);
        if (members.isEmpty()) {
            addMember();
        }
        simulation.pass(Duration.ofMinutes(10));
        check();
        seeDeadLetters();
        model.settled();
        checkFloors(true);
    }

    private void operate() {
        int dice = random.nextInt(100);
        if (dice < 1) {
            publish(700);
        } else if (dice < 35) {
            publish(1 + random.nextInt(5));
        } else if (dice < 70) {
            simulation.steps(1 + random.nextInt(40));
        } else if (dice < 84) {
            simulation.pass(Duration.ofMillis(random.nextInt(4_000)));
        } else if (dice < 87 && members.size() < 3) {
            addMember();
        } else if (dice < 89 && members.size() > 1) {
            members.remove(random.nextInt(members.size())).close();
        } else if (dice < 91 && !members.isEmpty()) {
            members.get(random.nextInt(members.size())).pause();
        } else if (dice < 94) {
            members.forEach(ActiveSubscription::resume);
        } else if (dice < 95) {
            simulation.jump(Duration.ofSeconds(random.nextInt(20) - 10));
        } else if (dice < 97) {
            seeDeadLetters();
            checkFloors(false);
        } else {
            crash(dice == 99);
        }
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            String id = "e" + published++;
            int key = random.nextInt(5);
            Event event = Event.of("happened", id).withId(id);
            model.publishing(id, key == 0 ? null : "k" + key);
            Published at = events.publish(TOPIC, key == 0 ? event : event.withKey("k" + key));
            model.stored(id, at.partition(), at.offset().orElseThrow());
        }
    }

    private void addMember() {
        Subscription subscription = Subscription.of(GROUP, TOPIC)
                .concurrency(1 + random.nextInt(4))
                .batchSize(1 + random.nextInt(5))
                .timeout(TIMEOUT)
                .retry(RetryPolicy.exponential(MAX_ATTEMPTS, Duration.ofSeconds(1), Duration.ofSeconds(3), 2));
        int life = lives;
        members.add(events.subscribe(subscription, message -> {
            if (life == lives) {
                watched(message);
            }
        }));
    }

    /** What the model finds would otherwise look to the broker like a handler that failed. */
    private void watched(Message message) {
        try {
            handle(message);
        } catch (AssertionError e) {
            violation = violation == null ? e : violation;
            throw e;
        }
    }

    private void check() {
        if (violation != null) {
            throw violation;
        }
    }

    private void crash(boolean losesPower) {
        simulation.kill();
        members.clear();
        lives++;
        if (losesPower) {
            storage.losePower(random.nextInt(storage.unsynced() + 1));
            model.lostPower(storage.committed());
        } else {
            model.killed();
        }
        seenDeadLetters = 0;
        events = open();
        addMember();
    }

    // --- a handler

    private void handle(Message message) {
        seeDeadLetters();
        String id = message.payload().data(String.class);
        long until = simulation.nanos() + TIMEOUT.toNanos();
        model.stored(id, message.partition(), message.offset());
        model.handedOut(id, message.attempt(), simulation.nanos(), until);
        int dice = calm ? 0 : random.nextInt(100);
        if (dice < 45) {
            work(dice);
            returned(message, id, until);
        } else if (dice < 60) {
            model.failed(id);
            throw new IllegalStateException("thrown by the handler");
        } else if (dice < 94) {
            answer(message, id, dice);
        } else {
            simulation.pass(TIMEOUT.plusMillis(random.nextInt(6_000)));
            if (dice < 97) {
                returned(message, id, until);
            } else {
                commitLate(message, id);
            }
        }
    }

    private void commitLate(Message message, String id) {
        int life = lives;
        try {
            message.commit();
            if (life == lives) {
                model.acceptedLate(id, message.attempt());
            }
        } catch (ConflictException leaseLost) {
            // As it should be, unless it was just in time.
        }
    }

    private void returned(Message message, String id, long until) {
        if (simulation.nanos() < until) {
            model.done(id, false, storage.committed());
        } else {
            model.late(id, message.attempt());
        }
    }

    private void work(int dice) {
        if (dice % 3 == 0 && !calm) {
            simulation.pass(Duration.ofMillis(random.nextInt(2_000)));
        }
    }

    private void answer(Message message, String id, int dice) {
        int life = lives;
        boolean finishes = dice < 76;
        if (finishes) {
            model.done(id, false, storage.committed());
        } else {
            model.failed(id);
        }
        try {
            if (dice < 72) {
                message.commit();
            } else if (dice < 76) {
                message.skip("not wanted");
            } else if (dice < 80) {
                message.term("hopeless");
            } else if (dice < 88) {
                message.nack();
            } else {
                message.nack(Duration.ofMillis(random.nextInt(3_000)));
            }
            if (finishes && life == lives) {
                model.done(id, true, storage.committed());
            }
        } catch (ConflictException leaseLost) {
            if (life == lives) {
                model.refused(id, message.attempt());
            }
        }
    }

    // --- what can be seen from outside

    private void seeDeadLetters() {
        for (DeadLetter letter : events.deadLetters().list(GROUP, null, seenDeadLetters, 1_000)) {
            String id = letter.event().data(String.class);
            model.dead(id, letter.disposition(), letter.attempts(), storage.committed());
            seenDeadLetters = letter.number() + 1;
        }
    }

    private void checkFloors(boolean atRest) {
        for (GroupLag.Partition partition : events.groups().lag(GROUP).partitions()) {
            if (partition.topic().equals(TOPIC)) {
                model.floor(partition.partition(), partition.floor());
                if (atRest && partition.events() != 0) {
                    throw new AssertionError("all is answered, but the lag is " + partition);
                }
            }
        }
    }
}
