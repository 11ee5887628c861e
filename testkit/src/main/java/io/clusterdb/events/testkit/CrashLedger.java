package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.Consumer;
import io.clusterdb.events.DeadLetter;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Message;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import io.clusterdb.events.TopicStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the lives of a {@link CrashWorkload} on one folder said, and what follows from it for whoever opens the folder
 * next: what was acknowledged is there, once and in order; nothing is there that nobody published.
 */
public final class CrashLedger {
    private static final int MANY = 1_000_000;
    private static final Duration CAUGHT_UP = Duration.ofMillis(1);
    private static final Duration SHORTLY = Duration.ofMillis(20);
    private static final Patience PATIENCE = new Patience(Duration.ofSeconds(60));

    /** How the lives ended, which decides what an acknowledgement is worth. */
    public enum End {
        /** The process died: what is in the operating system is there. */
        KILL,
        /** The machine lost power: what was synced is there. */
        POWER_LOSS
    }

    private final End end;
    private final Set<String> lives = new HashSet<>();
    private final Map<String, Map<Long, String>> acknowledged = new TreeMap<>();
    private final Map<String, String> topics = new TreeMap<>();
    private final Set<String> uncertainTopics = new HashSet<>();
    private final Map<String, Integer> transactions = new TreeMap<>();
    private final Set<String> committed = new HashSet<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final Map<String, String> answered = new HashMap<>();
    private final Set<String> uncertain = new HashSet<>();
    private final Set<String> wantedSchedules = new HashSet<>();
    private final Set<String> scheduled = new HashSet<>();
    private final Set<String> uncertainCancels = new HashSet<>();
    private final Set<String> cancelled = new HashSet<>();
    private final StoreLedger store = new StoreLedger();
    private boolean isSetUp;
    private long start;

    public CrashLedger(End end) {
        this.end = end;
    }

    /** Takes note of a line that a life said. */
    public void note(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "life" -> lives.add(words[1]);
            case "set" -> isSetUp = true;
            case "event" -> published(words);
            case "topic?" -> uncertainTopics.add(words[1]);
            case "topic" -> {
                topics.put(words[1], words[2]);
                uncertainTopics.remove(words[1]);
            }
            case "commit?" -> transactions.put(words[1], Integer.parseInt(words[2]));
            case "committed" -> committed.add(words[1]);
            case "given" -> given(words[1], Integer.parseInt(words[2]));
            case "answer?" -> uncertain.add(words[1]);
            case "answered" -> answered(words[1], words[2]);
            case "start" -> start = end == End.KILL ? Long.parseLong(words[1]) : 0;
            case "schedule?" -> wantedSchedules.add(words[1]);
            case "scheduled" -> scheduled.add(words[1]);
            case "cancel?" -> uncertainCancels.add(words[1]);
            case "late" -> uncertainCancels.remove(words[1]);
            case "cancelled" -> cancelled.add(words[1]);
            case "store?" -> store.wanted(words[1]);
            case "stored" -> store.stored(words[1], words[2], Long.parseLong(words[3]));
            case "phase", "closed", "delivered" -> {}
            default -> throw new IllegalArgumentException("a life said: " + line);
        }
    }

    private void published(String[] words) {
        if (end == End.KILL || words[1].equals("ALL")) {
            acknowledged
                    .computeIfAbsent(words[2] + "-" + words[3], p -> new TreeMap<>())
                    .put(Long.parseLong(words[4]), words[5]);
        }
    }

    private void given(String id, int attempt) {
        Integer before = attempts.put(id, attempt);
        if (end == End.KILL) {
            assertThat(attempt)
                    .as("attempt of %s, after %s", id, before)
                    .isGreaterThan(before == null ? 0 : before)
                    .isLessThanOrEqualTo(CrashWorkload.ATTEMPTS);
            assertThat(answered).as("answered events, when %s came again", id).doesNotContainKey(id);
        }
    }

    private void answered(String id, String verb) {
        if (!verb.equals("nack") && end == End.KILL) {
            answered.put(id, verb);
            uncertain.remove(id);
        }
    }

    /** Events that are known to be there, unless retention deleted them. */
    public int size() {
        return acknowledged.values().stream().mapToInt(Map::size).sum() + committed.size();
    }

    /** Looks at everything but the groups. */
    public void check(Events events) {
        if (!isSetUp) {
            return;
        }
        checkTopics(events);
        for (String topic : List.of(
                CrashWorkload.STEADY,
                CrashWorkload.WORK,
                CrashWorkload.SHORT,
                CrashWorkload.ROUTED,
                CrashWorkload.COPIED)) {
            checkEvents(events, topic);
        }
        checkCopies(events);
        store.check(events);
        checkTransactions(events);
        unique(readAll(events, CrashWorkload.MOVED));
        checkSchedules(events);
        assertThat(firstKept(events)).as("start that retention moved").isGreaterThanOrEqualTo(start);
    }

    private void checkTopics(Events events) {
        Map<String, String> found = new TreeMap<>();
        for (Topic topic : events.topics().list()) {
            if (topic.name().startsWith("t-") && !uncertainTopics.contains(topic.name())) {
                found.put(topic.name(), String.valueOf(topic.owner()));
            }
        }
        Map<String, String> expected = new TreeMap<>(topics);
        expected.keySet().removeAll(uncertainTopics);
        expected.values().removeIf("-"::equals);
        assertThat(found).as("topics and their owners").isEqualTo(expected);
    }

    private static long firstKept(Events events) {
        TopicStatus.Partition kept =
                events.topics().status(CrashWorkload.SHORT).partitions().getFirst();
        if (kept.start() > 0) {
            assertThat(kept.bytes())
                    .as("bytes that retention left")
                    .isGreaterThan(CrashWorkload.SHORT_SIZE.bytes() - 4_096 * 4);
        }
        return kept.start();
    }

    private void checkEvents(Events events, String topic) {
        Map<String, Map<Long, String>> found = new TreeMap<>();
        List<StoredEvent> all = readAll(events, topic);
        unique(all);
        for (StoredEvent event : all) {
            found.computeIfAbsent(topic + "-" + event.partition(), p -> new TreeMap<>())
                    .put(event.offset(), checked(event));
        }
        for (TopicStatus.Partition partition : events.topics().status(topic).partitions()) {
            String name = topic + "-" + partition.partition();
            Map<Long, String> there = found.getOrDefault(name, Map.of());
            assertGapless(name, there, partition);
            assertOrdered(name, there);
            acknowledged.getOrDefault(name, Map.of()).forEach((offset, id) -> {
                if (offset >= partition.start()) {
                    assertThat(there.get(offset)).as("%s at %s", name, offset).isEqualTo(id);
                }
            });
        }
    }

    /** An event and its copy are both there or neither. */
    private void checkCopies(Events events) {
        Set<String> copied = new HashSet<>();
        for (StoredEvent event : readAll(events, CrashWorkload.ROUTED)) {
            String id = checked(event);
            if (CrashWorkload.isCopied(id)) {
                copied.add(id);
            }
        }
        assertThat(unique(readAll(events, CrashWorkload.COPIED))).as("copies").isEqualTo(copied);
    }

    private static void assertGapless(String name, Map<Long, String> there, TopicStatus.Partition partition) {
        long expected = partition.start();
        for (long offset : there.keySet()) {
            assertThat(offset).as("offset of the next event of %s", name).isEqualTo(expected++);
        }
        assertThat(partition.end()).as("end of %s", name).isEqualTo(expected);
        assertThat(partition.stableEnd()).as("stable end of %s", name).isEqualTo(expected);
    }

    /** Each life's events are in the order in which it published them, for each kind of acks. */
    private static void assertOrdered(String name, Map<Long, String> there) {
        Map<String, Integer> last = new HashMap<>();
        there.forEach((offset, id) -> {
            int dash = id.lastIndexOf('-');
            int number = Integer.parseInt(id.substring(dash + 1));
            Integer before = last.put(id.substring(0, dash), number);
            assertThat(number)
                    .as("%s at %s, after %s", name, offset, before)
                    .isGreaterThan(before == null ? -1 : before);
        });
    }

    private void checkTransactions(Events events) {
        Map<String, Integer> found = new TreeMap<>();
        List<StoredEvent> all = new ArrayList<>();
        CrashWorkload.PAIR.forEach(topic -> all.addAll(readAll(events, topic)));
        unique(all);
        for (StoredEvent event : all) {
            String id = checked(event);
            found.merge(id.substring(0, id.lastIndexOf('-')), 1, Integer::sum);
        }
        found.forEach((name, count) -> assertThat(count)
                .as("events of transaction %s that are visible", name)
                .isEqualTo(transactions.get(name)));
        assertThat(found.keySet()).as("transactions").containsAll(committed);
    }

    private void checkSchedules(Events events) {
        PATIENCE.until(
                "everything scheduled is delivered",
                () -> events.schedules().list(CrashWorkload.LATER, null, 1).isEmpty());
        List<StoredEvent> all = readAll(events, CrashWorkload.LATER);
        all.forEach(this::checked);
        Set<String> delivered = unique(all);
        Set<String> expected = new HashSet<>(scheduled);
        expected.removeAll(uncertainCancels);
        expected.removeAll(cancelled);
        assertThat(delivered).as("scheduled events").containsAll(expected);
        assertThat(wantedSchedules)
                .as("scheduled events, or such as were about to be")
                .containsAll(delivered);
        assertThat(cancelled).as("cancelled events that were delivered").noneMatch(delivered::contains);
    }

    private String checked(StoredEvent event) {
        String id = String.valueOf(event.event().id());
        assertThat(lives).as("lives, of which one published %s", id).contains(id.substring(0, id.indexOf('-')));
        assertThat(event.event().bytes()).as("data of %s", id).isEqualTo(CrashWorkload.content(id));
        return id;
    }

    private static Set<String> unique(List<StoredEvent> events) {
        Set<String> ids = new HashSet<>();
        for (StoredEvent event : events) {
            assertThat(ids.add(String.valueOf(event.event().id())))
                    .as("%s is there once", event)
                    .isTrue();
        }
        return ids;
    }

    private static List<StoredEvent> readAll(Events events, String topic) {
        List<StoredEvent> all = new ArrayList<>();
        try (EventReader reader = events.read(LogQuery.of(topic))) {
            while (!reader.isCaughtUp()) {
                reader.next(CAUGHT_UP).ifPresent(all::add);
            }
        }
        return all;
    }

    /** Has both groups answer all they are given: neither more nor less than what is unanswered comes. */
    public void drain(Events events) {
        if (!isSetUp) {
            return;
        }
        Set<String> published = unique(readAll(events, CrashWorkload.WORK));
        Set<String> done = new HashSet<>(answered.keySet());
        done.addAll(uncertain);
        done.addAll(drainWorkers(events));
        Map<String, DeadLetter> dead = deadLetters(events);
        done.addAll(dead.keySet());
        assertThat(done).as("events answered, delivered now, or dead").containsAll(published);
        answered.forEach((id, verb) ->
                assertThat(dead.containsKey(id)).as("%s is a dead letter", id).isEqualTo(verb.equals("term")));

        drainMovers(events);
        Set<String> moved = new HashSet<>();
        published.forEach(id -> moved.add("of-" + id));
        assertThat(unique(readAll(events, CrashWorkload.MOVED)))
                .as("what was made of all events, exactly once")
                .isEqualTo(moved);
    }

    private Set<String> drainWorkers(Events events) {
        Set<String> drained = new HashSet<>();
        drain(events, CrashWorkload.WORKERS, message -> {
            String id = String.valueOf(message.payload().id());
            given(id, message.attempt());
            message.commit();
            answered(id, "commit");
            assertThat(drained.add(id)).as("%s comes once", id).isTrue();
        });
        return drained;
    }

    private static void drainMovers(Events events) {
        drain(events, CrashWorkload.MOVERS, message -> CrashWorkload.move(events, message));
    }

    private static void drain(Events events, String group, java.util.function.Consumer<Message> answer) {
        try (Consumer consumer = events.subscribe(CrashWorkload.subscription(group))) {
            PATIENCE.until(group + " has answered everything", () -> {
                consumer.next(SHORTLY).ifPresent(answer);
                return events.groups().lag(group).events() == 0;
            });
            assertThat(consumer.next(SHORTLY)).as("more for %s", group).isEmpty();
        }
    }

    private static Map<String, DeadLetter> deadLetters(Events events) {
        Map<String, DeadLetter> dead = new TreeMap<>();
        for (DeadLetter letter : events.deadLetters().list(CrashWorkload.WORKERS, null, 0, MANY)) {
            assertThat(dead.put(String.valueOf(letter.event().id()), letter))
                    .as("another dead letter of the same event as %s", letter)
                    .isNull();
        }
        return dead;
    }
}
