package io.clusterdb.events.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.broker.ScheduleIndex.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The index says the same as a map and a sorted set that somebody keeps beside it. */
class ScheduleIndexTest {
    private final ScheduleIndex index = new ScheduleIndex();
    private final Map<String, Entry> byId = new HashMap<>();
    private final TreeSet<Entry> byTime = new TreeSet<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void random_changes_leave_what_they_should(long seed) {
        Random random = new Random(seed);
        int ids = seed % 2 == 0 ? 50_000 : 3_000;
        for (int n = 0; n < 60_000; n++) {
            String id = "id-" + random.nextInt(ids);
            if (random.nextInt(10) < 4) {
                remove(id);
            } else {
                put(id, new Entry(time(random, seed, n), n));
            }
            if (n % 500 == 0) {
                check(random);
            }
        }
        List.copyOf(byId.keySet()).forEach(this::remove);
        check(random);
        assertThat(index.size()).isZero();
    }

    /** At random, all at once, or later and later. */
    private static long time(Random random, long seed, int n) {
        return seed < 3 ? random.nextInt(1_000_000) : seed < 5 ? 7 : n;
    }

    private void put(String id, Entry entry) {
        Entry before = byId.put(id, entry);
        if (before != null) {
            byTime.remove(before);
        }
        byTime.add(entry);
        index.put(id, entry);
    }

    private void remove(String id) {
        Entry before = byId.remove(id);
        if (before != null) {
            byTime.remove(before);
        }
        index.remove(id);
    }

    private void check(Random random) {
        assertThat(index.size()).isEqualTo(byId.size());
        assertThat(index.first()).isEqualTo(byTime.isEmpty() ? null : byTime.first());
        assertThat(page(null)).containsExactlyElementsOf(byTime);
        for (int i = 0; i < 20; i++) {
            String id = "id-" + random.nextInt(3_000);
            assertThat(index.find(id)).isEqualTo(byId.get(id));
        }
        long until = random.nextInt(1_000_000);
        assertThat(index.after(null, until, 100))
                .containsExactlyElementsOf(byTime.stream()
                        .filter(e -> e.dueMillis() <= until)
                        .limit(100)
                        .toList());
    }

    private List<Entry> page(@Nullable Entry from) {
        List<Entry> all = new ArrayList<>();
        Entry last = from;
        List<Entry> page = index.after(last, Long.MAX_VALUE, 700);
        while (!page.isEmpty()) {
            all.addAll(page);
            last = page.getLast();
            page = index.after(last, Long.MAX_VALUE, 700);
        }
        return all;
    }
}
