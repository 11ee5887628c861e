package io.clusterdb.events.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an event store promises, as naively as it can be said: a list of all events, and appends that come one after the
 * other. Of appends that came together there must be an order in which this store would have given their answers, and
 * would then hold what is found. It imports nothing of what it checks, and throws {@link AssertionError} as soon as
 * something is seen that must not be.
 */
final class StoreModel {
    private List<Stored> all = List.of();
    private final List<Attempt> open = new ArrayList<>();

    /**
     * An event that is to be stored.
     *
     * @param version 0 = the next one
     */
    record Wanted(String id, String aggregate, long version, long amount) {}

    /**
     * An append.
     *
     * @param conditions by aggregate: {@code any}, {@code none}, {@code exists}, or a version
     */
    record Request(List<Wanted> events, Map<String, String> conditions) {}

    /**
     * What an append was answered.
     *
     * @param what STORED, WRONG_VERSION, OTHER_CONTENT, or NOTHING: it is refused for reasons of the disk
     */
    record Answer(String what, Map<String, Long> versions, long position) {
        static Answer of(String what) {
            return new Answer(what, Map.of(), 0);
        }
    }

    /**
     * An event that is there.
     *
     * @param known by its id, because it was appended without a version
     */
    record Stored(String id, String aggregate, long version, long amount, boolean known) {
        /** Who reads can't see how it was appended. */
        Stored seen() {
            return new Stored(id, aggregate, version, amount, false);
        }
    }

    /** @param answer null = none, so that it may have happened or not */
    private record Attempt(Request request, @Nullable Answer answer) {}

    private record Outcome(Answer answer, List<Stored> all) {}

    void attempted(Request request, @Nullable Answer answer) {
        open.add(new Attempt(request, answer));
    }

    /** Looks at all events in their order: what was appended since the last look must explain them. */
    void check(List<Stored> seen) {
        List<Stored> explained = explained(new Past(all, all.size(), Set.of(all.size())), open, seen);
        if (explained == null) {
            throw new AssertionError(
                    "after " + all.size() + " events, no order of\n  " + open + "\nexplains\n  " + rest(seen));
        }
        all = List.copyOf(explained);
        open.clear();
    }

    private List<Stored> rest(List<Stored> seen) {
        int same = 0;
        while (same < Math.min(all.size(), seen.size()) && all.get(same).seen().equals(seen.get(same))) {
            same++;
        }
        return seen.subList(same, seen.size());
    }

    /**
     * What may have happened since the last look.
     *
     * @param acknowledged events that must be there
     * @param ends of appends: only there a power loss cuts off what nobody was told of
     */
    private record Past(List<Stored> all, int acknowledged, Set<Integer> ends) {
        Past and(Outcome outcome, @Nullable Answer answer) {
            Set<Integer> more = new HashSet<>(ends);
            more.add(outcome.all.size());
            int told = answer == null ? 0 : Math.toIntExact(answer.position);
            return new Past(outcome.all, Math.max(acknowledged, told), more);
        }

        @Nullable
        List<Stored> cutTo(List<Stored> seen) {
            int left = seen.size();
            boolean may = left >= acknowledged
                    && ends.contains(left)
                    && all.stream().limit(left).map(Stored::seen).toList().equals(seen);
            return may ? all.subList(0, left) : null;
        }
    }

    private static @Nullable List<Stored> explained(Past past, List<Attempt> rest, List<Stored> seen) {
        if (rest.isEmpty()) {
            return past.cutTo(seen);
        }
        for (Attempt next : rest) {
            List<Attempt> others = new ArrayList<>(rest);
            others.remove(next);
            Outcome outcome = append(past.all, next.request);
            boolean may = next.answer == null || next.answer.equals(outcome.answer);
            List<Stored> found = may ? explained(past.and(outcome, next.answer), others, seen) : null;
            boolean mayNot = next.answer == null || next.answer.what.equals("NOTHING");
            if (found == null && mayNot) {
                found = explained(past, others, seen);
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    // --- what an append does

    private static Outcome append(List<Stored> before, Request request) {
        if (hasIdTwice(request)) {
            return new Outcome(Answer.of("OTHER_CONTENT"), before);
        }
        Answer repeated = repeated(before, request);
        if (repeated != null) {
            return new Outcome(repeated, before);
        }
        if (!holds(before, request)) {
            return new Outcome(Answer.of("WRONG_VERSION"), before);
        }
        List<Stored> after = new ArrayList<>(before);
        Map<String, Long> versions = new HashMap<>();
        for (Wanted event : request.events) {
            long version = version(after, event.aggregate) + 1;
            after.add(new Stored(event.id, event.aggregate, version, event.amount, event.version == 0));
            versions.put(event.aggregate, version);
        }
        return new Outcome(new Answer("STORED", versions, after.size()), List.copyOf(after));
    }

    private static boolean hasIdTwice(Request request) {
        Set<List<String>> ids = new HashSet<>();
        return request.events.stream().anyMatch(e -> e.version == 0 && !ids.add(List.of(e.aggregate, e.id)));
    }

    /** The answer of the first time, or what speaks against it; null when it is no repeat. */
    private static @Nullable Answer repeated(List<Stored> before, Request request) {
        Map<String, Long> versions = new HashMap<>();
        long position = 0;
        for (Wanted event : request.events) {
            int at = find(before, event);
            if (at < 0) {
                return withKnownId(before, request);
            }
            Stored there = before.get(at);
            if (there.id.equals(event.id) && there.amount != event.amount) {
                return Answer.of("OTHER_CONTENT");
            }
            if (!there.id.equals(event.id)) {
                return withKnownId(before, request);
            }
            versions.put(event.aggregate, there.version);
            position = at + 1L;
        }
        return new Answer("STORED", versions, position);
    }

    /** What is known by its id is not stored again along with events that are new. */
    private static @Nullable Answer withKnownId(List<Stored> before, Request request) {
        boolean known = request.events.stream().anyMatch(e -> e.version == 0 && find(before, e) >= 0);
        return known ? Answer.of("OTHER_CONTENT") : null;
    }

    private static int find(List<Stored> before, Wanted event) {
        for (int at = 0; at < before.size(); at++) {
            Stored there = before.get(at);
            boolean fits =
                    event.version == 0 ? there.known && there.id.equals(event.id) : there.version == event.version;
            if (fits && there.aggregate.equals(event.aggregate)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean holds(List<Stored> before, Request request) {
        Map<String, String> expected = new LinkedHashMap<>();
        for (Wanted event : request.events) {
            expected.putIfAbsent(event.aggregate, event.version == 0 ? "any" : String.valueOf(event.version - 1));
        }
        return holds(before, expected) && holds(before, request.conditions);
    }

    private static boolean holds(List<Stored> before, Map<String, String> expected) {
        return expected.entrySet().stream().allMatch(e -> {
            long actual = version(before, e.getKey());
            return switch (e.getValue()) {
                case "any" -> true;
                case "none" -> actual == 0;
                case "exists" -> actual > 0;
                default -> actual == Long.parseLong(e.getValue());
            };
        });
    }

    private static long version(List<Stored> events, String aggregate) {
        return events.stream().filter(e -> e.aggregate.equals(aggregate)).count();
    }

    // --- what is there

    int size() {
        return all.size();
    }

    long version(String aggregate) {
        return version(all, aggregate);
    }

    List<Stored> stream(String aggregate) {
        return all.stream()
                .filter(e -> e.aggregate.equals(aggregate))
                .map(Stored::seen)
                .toList();
    }

    /** What the events up to a position add up to, by aggregate: how many, and their amounts in their order. */
    Map<String, List<Long>> sums(long position, long factor) {
        Map<String, List<Long>> sums = new HashMap<>();
        for (Stored event : all.subList(0, Math.toIntExact(position))) {
            List<Long> before = sums.getOrDefault(event.aggregate, List.of(0L, 0L));
            sums.put(event.aggregate, List.of(before.get(0) + 1, before.get(1) * factor + event.amount));
        }
        return sums;
    }
}
