package io.clusterdb.events.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who holds what, through joins, leaves, releases and time-outs. */
class MembershipTest {
    private final Map<String, Integer> topics = new HashMap<>(Map.of("a", 6, "b", 3));
    private final Membership membership = new Membership(topic -> topics.getOrDefault(topic, 0));

    private String join(String... wanted) {
        return membership.join(Set.of(wanted), 100, 0, () -> {});
    }

    private Membership.Changes told(String member) {
        Membership.Changes changes = membership.seen(member, 0);
        assertThat(changes).isNotNull();
        return changes;
    }

    private static TopicPartition a(int partition) {
        return new TopicPartition("a", partition);
    }

    @Test
    void the_first_member_gets_everything_of_its_topics() {
        String member = join("a");

        assertThat(told(member).assigned()).hasSize(6).allMatch(p -> p.topic().equals("a"));
        assertThat(told(member).assigned()).isEmpty();
    }

    @Test
    void what_need_not_move_stays_and_what_moves_is_held_until_it_is_released() {
        String first = join("a");
        Set<TopicPartition> before = told(first).assigned();

        String second = join("a");

        Membership.Changes asked = told(first);
        assertThat(asked.revoked()).hasSize(3).isSubsetOf(before);
        assertThat(asked.lost()).isEmpty();
        assertThat(told(second).assigned()).isEmpty();
        assertThat(membership.holds(first, asked.revoked())).isTrue();
        membership.release(first, asked.revoked());
        assertThat(told(second).assigned()).isEqualTo(asked.revoked());
        assertThat(membership.holds(first, asked.revoked())).isFalse();
    }

    @Test
    void a_member_that_is_not_seen_loses_everything_at_once() {
        String first = join("a");
        told(first);
        String second = join("a");
        membership.seen(second, 150);

        membership.expire(150);

        assertThat(membership.seen(first, 150)).isNull();
        assertThat(told(second).assigned()).hasSize(6);
        assertThat(membership.holds(first, List.of(a(0)))).isFalse();
    }

    @Test
    void a_topic_that_grows_is_given_out() {
        String member = join("a");
        told(member);

        topics.put("a", 8);
        membership.topicsChanged();

        assertThat(told(member).assigned()).containsExactlyInAnyOrder(a(6), a(7));
    }

    @Test
    void what_is_held_of_a_deleted_topic_is_lost_at_once_and_the_next_one_is_given_out_when_that_is_known() {
        String holder = join("a", "b");
        told(holder);

        membership.topicDeleted("a");

        assertThat(membership.holds(holder, List.of(a(0)))).isFalse();
        assertThat(membership.holds(holder, List.of(new TopicPartition("b", 0))))
                .isTrue();
        Membership.Changes changes = told(holder);
        assertThat(changes.lost()).hasSize(6).allMatch(p -> p.topic().equals("a"));
        assertThat(changes.assigned()).isEmpty();
        assertThat(told(holder).assigned()).isEqualTo(changes.lost());
        assertThat(membership.holds(holder, List.of(a(0)))).isTrue();
    }

    @Test
    void members_get_partitions_of_the_topics_they_want_only() {
        String ofA = join("a");
        String ofB = join("b");

        assertThat(told(ofA).assigned()).allMatch(p -> p.topic().equals("a")).hasSize(6);
        assertThat(told(ofB).assigned()).allMatch(p -> p.topic().equals("b")).hasSize(3);
    }

    @Test
    void through_any_life_each_partition_has_one_holder_and_in_the_end_shares_are_even() {
        for (int seed = 0; seed < 200; seed++) {
            live(new Random(seed));
        }
    }

    private static void live(Random random) {
        Membership membership = new Membership(topic -> 7);
        Map<String, Set<TopicPartition>> held = new HashMap<>();
        for (int step = 0; step < 60; step++) {
            int dice = random.nextInt(10);
            List<String> members = new ArrayList<>(held.keySet());
            if (dice < 2 && members.size() < 5) {
                held.put(membership.join(Set.of("t"), 100, 0, () -> {}), new HashSet<>());
            } else if (dice < 3 && !members.isEmpty()) {
                String leaving = members.get(random.nextInt(members.size()));
                membership.leave(leaving);
                held.remove(leaving);
            } else if (dice < 4) {
                membership.topicDeleted("t"); // and there is another one of its name at once
            } else if (!members.isEmpty()) {
                obey(membership, members.get(random.nextInt(members.size())), held, random.nextBoolean());
            }
            checkOneHolder(held);
        }
        for (int round = 0; round < 10; round++) {
            for (String member : held.keySet()) {
                obey(membership, member, held, true);
            }
        }
        List<Integer> sizes = held.values().stream().map(Set::size).sorted().toList();
        assertThat(sizes.stream().mapToInt(i -> i).sum()).isEqualTo(held.isEmpty() ? 0 : 7);
        if (!sizes.isEmpty()) {
            assertThat(sizes.get(sizes.size() - 1) - sizes.get(0)).isLessThanOrEqualTo(1);
        }
    }

    private static void obey(
            Membership membership, String member, Map<String, Set<TopicPartition>> held, boolean releases) {
        Membership.Changes changes = membership.seen(member, 0);
        if (changes == null) {
            return;
        }
        Set<TopicPartition> mine = held.computeIfAbsent(member, m -> new HashSet<>());
        mine.removeAll(changes.lost());
        mine.addAll(changes.assigned());
        Set<TopicPartition> due = new HashSet<>(changes.revoked());
        if (releases || !due.isEmpty()) {
            mine.removeAll(due);
            membership.release(member, due);
        }
    }

    private static void checkOneHolder(Map<String, Set<TopicPartition>> held) {
        Set<TopicPartition> all = new HashSet<>();
        held.values()
                .forEach(set -> set.forEach(
                        p -> assertThat(all.add(p)).as("one holder of " + p).isTrue()));
    }
}
