package io.clusterdb.events.log;

import io.clusterdb.events.spi.TopicPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which member of a group holds which partition. Partitions are spread evenly over the members that want their topic;
 * one that need not move stays, and the others flow while it moves (cooperative rebalancing, KIP-429).
 *
 * <pre>
 *   a partition                    when                                        then
 *   free         → held by m       m is the member it is meant for             m is told: assigned
 *   held by m    → being revoked   it is meant for another                     m is told: revoked
 *   being revoked → free           m releases it
 *   held, being revoked → free     m leaves; or m was not seen for the time-out
 *   held, being revoked → lost     its topic was deleted                       m is told: lost
 *   lost         → free            m was told; only then is it one of another topic of that name
 * </pre>
 *
 * <p>Thread-safe. Time is given, never taken.
 */
final class Membership {
    private final ToIntFunction<String> partitionsOf;
    private final SortedMap<String, Member> members = new TreeMap<>();
    private final Map<TopicPartition, Member> holders = new HashMap<>();
    private final Set<TopicPartition> revoking = new HashSet<>();
    private long joined;

    /** What a member has not been told yet. */
    record Changes(Set<TopicPartition> assigned, Set<TopicPartition> revoked, Set<TopicPartition> lost) {}

    private static final class Member {
        private final String id;
        private final Set<String> topics;
        private final long timeoutNanos;
        private final Runnable signal;
        private final Set<TopicPartition> held = new TreeSet<>();
        private Changes changes = none();
        private long seenNanos;

        Member(String id, Set<String> topics, long timeoutNanos, Runnable signal) {
            this.id = id;
            this.topics = topics;
            this.timeoutNanos = timeoutNanos;
            this.signal = signal;
        }

        private static Changes none() {
            return new Changes(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        }
    }

    /** @param partitionsOf how many a topic has; 0 when there is none of that name */
    Membership(ToIntFunction<String> partitionsOf) {
        this.partitionsOf = partitionsOf;
    }

    /**
     * @param signal called when the member has to be told something
     * @return the member's id
     */
    synchronized String join(Set<String> topics, long timeoutNanos, long nowNanos, Runnable signal) {
        String id = "member-" + ++joined;
        Member member = new Member(id, topics, timeoutNanos, signal);
        member.seenNanos = nowNanos;
        members.put(id, member);
        rebalance();
        return id;
    }

    synchronized void leave(String id) {
        Member member = members.remove(id);
        if (member != null) {
            free(member, member.held);
            rebalance();
        }
    }

    /**
     * The member lives.
     *
     * @return what it has to be told, null when it is no member any more
     */
    synchronized @Nullable Changes seen(String id, long nowNanos) {
        Member member = members.get(id);
        if (member == null) {
            return null;
        }
        member.seenNanos = nowNanos;
        Changes changes = member.changes;
        member.changes = Member.none();
        if (!changes.lost().isEmpty()) {
            free(member, changes.lost());
            rebalance();
        }
        return changes;
    }

    synchronized void release(String id, Collection<TopicPartition> partitions) {
        Member member = members.get(id);
        if (member != null) {
            free(member, partitions);
            rebalance();
        }
    }

    /** Whether a member holds all of these. */
    synchronized boolean holds(String id, Collection<TopicPartition> partitions) {
        Member member = members.get(id);
        return member != null
                && member.held.containsAll(partitions)
                && Collections.disjoint(member.changes.lost(), partitions);
    }

    /** Drops the members that have not been seen for their time-out. Not to run while a commit of theirs is under way. */
    synchronized void expire(long nowNanos) {
        List<Member> dead = new ArrayList<>();
        for (Member member : members.values()) {
            if (nowNanos - member.seenNanos > member.timeoutNanos) {
                dead.add(member);
            }
        }
        for (Member member : dead) {
            members.remove(member.id);
            free(member, member.held);
            member.signal.run();
        }
        if (!dead.isEmpty()) {
            rebalance();
        }
    }

    /** A topic has come, gone or grown. */
    synchronized void topicsChanged() {
        rebalance();
    }

    /** A topic was deleted: nobody holds anything of it from now on. */
    synchronized void topicDeleted(String topic) {
        for (Map.Entry<TopicPartition, Member> held : List.copyOf(holders.entrySet())) {
            if (held.getKey().topic().equals(topic)) {
                lose(held.getValue(), held.getKey());
            }
        }
        rebalance();
    }

    private void lose(Member holder, TopicPartition partition) {
        if (holder.changes.assigned().contains(partition)) {
            free(holder, List.of(partition)); // it was never told of it
        } else {
            revoking.remove(partition);
            holder.changes.revoked().remove(partition);
            holder.changes.lost().add(partition);
            holder.signal.run();
        }
    }

    synchronized Map<String, Set<TopicPartition>> members() {
        Map<String, Set<TopicPartition>> all = new TreeMap<>();
        members.values().forEach(m -> all.put(m.id, new TreeSet<>(m.held)));
        return all;
    }

    private void free(Member member, Collection<TopicPartition> partitions) {
        for (TopicPartition partition : List.copyOf(partitions)) {
            if (member.held.remove(partition)) {
                holders.remove(partition);
                revoking.remove(partition);
                member.changes.assigned().remove(partition);
                member.changes.revoked().remove(partition);
                member.changes.lost().remove(partition);
            }
        }
    }

    private void rebalance() {
        Map<TopicPartition, Member> target = target();
        for (Map.Entry<TopicPartition, Member> held : List.copyOf(holders.entrySet())) {
            TopicPartition partition = held.getKey();
            Member holder = held.getValue();
            if (holder.changes.lost().contains(partition)) {
                continue;
            }
            if (target.get(partition) == holder) {
                stay(holder, partition);
            } else if (revoking.add(partition)) {
                revoke(holder, partition);
            }
        }
        target.forEach((partition, member) -> {
            if (!holders.containsKey(partition)) {
                holders.put(partition, member);
                member.held.add(partition);
                member.changes.assigned().add(partition);
                member.signal.run();
            }
        });
    }

    private void stay(Member holder, TopicPartition partition) {
        if (revoking.contains(partition) && holder.changes.revoked().remove(partition)) {
            revoking.remove(partition);
        }
    }

    private void revoke(Member holder, TopicPartition partition) {
        if (holder.changes.assigned().remove(partition)) {
            // It was never told of it: nothing to finish.
            free(holder, List.of(partition));
        } else {
            holder.changes.revoked().add(partition);
            holder.signal.run();
        }
    }

    /** Who should hold each partition: as now where that is even, else the member with the fewest. */
    private Map<TopicPartition, Member> target() {
        Map<Member, Set<TopicPartition>> shares = new HashMap<>();
        members.values().forEach(m -> shares.put(m, new TreeSet<>()));
        List<TopicPartition> open = new ArrayList<>();
        for (TopicPartition partition : wanted()) {
            Member holder = holders.get(partition);
            if (holder != null && shares.containsKey(holder)) {
                share(shares, holder).add(partition);
            } else {
                open.add(partition);
            }
        }
        for (TopicPartition partition : open) {
            share(shares, least(shares, partition.topic())).add(partition);
        }
        level(shares);
        Map<TopicPartition, Member> target = new HashMap<>();
        shares.forEach((member, share) -> share.forEach(p -> target.put(p, member)));
        return target;
    }

    private Set<TopicPartition> wanted() {
        Set<String> topics = new TreeSet<>();
        members.values().forEach(m -> topics.addAll(m.topics));
        Set<TopicPartition> all = new TreeSet<>();
        for (String topic : topics) {
            for (int p = 0; p < partitionsOf.applyAsInt(topic); p++) {
                all.add(new TopicPartition(topic, p));
            }
        }
        return all;
    }

    private static Set<TopicPartition> share(Map<Member, Set<TopicPartition>> shares, Member member) {
        return shares.computeIfAbsent(member, m -> new TreeSet<>());
    }

    private Member least(Map<Member, Set<TopicPartition>> shares, String topic) {
        return members.values().stream()
                .filter(m -> m.topics.contains(topic))
                .min(Comparator.comparingInt(m -> share(shares, m).size()))
                .orElseThrow();
    }

    /** Moves partitions one by one from who has most to who has least, as long as that makes it more even. */
    private void level(Map<Member, Set<TopicPartition>> shares) {
        boolean moved = true;
        while (moved) {
            moved = false;
            List<Member> byLoad = new ArrayList<>(members.values());
            byLoad.sort(Comparator.comparingInt((Member m) -> -share(shares, m).size()));
            for (Member from : byLoad) {
                moved |= giveOne(shares, from);
            }
        }
    }

    private boolean giveOne(Map<Member, Set<TopicPartition>> shares, Member from) {
        for (TopicPartition partition : List.copyOf(share(shares, from))) {
            Member to = least(shares, partition.topic());
            if (share(shares, to).size() + 1 < share(shares, from).size()) {
                share(shares, from).remove(partition);
                share(shares, to).add(partition);
                return true;
            }
        }
        return false;
    }
}
