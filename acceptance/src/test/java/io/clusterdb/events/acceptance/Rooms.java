package io.clusterdb.events.acceptance;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Which room of the house uses which others.
 *
 * @param uses by room; a room that uses none is there, too
 */
record Rooms(NavigableMap<String, NavigableSet<String>> uses) {
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    /**
     * The table that a paper prints under a heading: a row for each room, its name in the first column, the rooms it
     * uses in the column "may use".
     */
    static Rooms printed(String paper, String heading) {
        NavigableMap<String, NavigableSet<String>> uses = new TreeMap<>();
        int column = -1;
        for (List<String> row : table(paper, heading)) {
            if (column < 0) {
                column = row.indexOf("may use");
            } else {
                uses.put(names(row.getFirst()).first(), names(row.get(column)));
            }
        }
        return new Rooms(uses);
    }

    /** The pairs that a paper prints under a heading: rooms that use each other, as joined by {@link #joining}. */
    static List<NavigableSet<String>> printedPairs(String paper, String heading) {
        return table(paper, heading).stream()
                .map(row -> names(row.getFirst()))
                .filter(names -> names.size() == 2)
                .toList();
    }

    private static List<List<String>> table(String paper, String heading) {
        int begin = paper.indexOf("\n" + heading + "\n");
        if (begin < 0) {
            throw new AssertionError("there is no heading " + heading);
        }
        return paper.substring(begin + 1 + heading.length())
                .lines()
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .filter(line -> !line.startsWith("|---"))
                .map(Rooms::cells)
                .toList();
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.substring(1).split("\\|", -1))
                .map(String::strip)
                .toList();
    }

    private static NavigableSet<String> names(String cell) {
        NavigableSet<String> names = new TreeSet<>();
        NAME.matcher(cell).results().map((MatchResult found) -> found.group(1)).forEach(names::add);
        return names;
    }

    /** What classes use of each other, each class being in the room that is given for its name. */
    static Rooms of(JavaClasses classes, UnaryOperator<String> room) {
        NavigableMap<String, NavigableSet<String>> uses = new TreeMap<>();
        for (JavaClass found : classes) {
            NavigableSet<String> used = uses.computeIfAbsent(room.apply(found.getName()), name -> new TreeSet<>());
            for (Dependency dependency : found.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (classes.contain(target.getName())) {
                    used.add(room.apply(target.getName()));
                }
            }
        }
        uses.forEach((name, used) -> used.remove(name));
        return new Rooms(uses);
    }

    /** Where these rooms, found, are not as those that are printed. Empty when they are the same. */
    List<String> differences(Rooms printed) {
        List<String> all = new ArrayList<>();
        Set<String> names = new TreeSet<>(uses.keySet());
        names.addAll(printed.uses.keySet());
        for (String name : names) {
            NavigableSet<String> found = uses.get(name);
            NavigableSet<String> allowed = printed.uses.get(name);
            if (found == null) {
                all.add(name + " is in the table, but not in the house");
            } else if (allowed == null) {
                all.add(name + " is in the house, but not in the table");
            } else {
                found.stream()
                        .filter(used -> !allowed.contains(used))
                        .forEach(used -> all.add(name + " uses " + used + ", which the table does not allow"));
                allowed.stream()
                        .filter(used -> !found.contains(used))
                        .forEach(used -> all.add(name + " may use " + used + " by the table, but does not"));
            }
        }
        return all;
    }

    /** These rooms, with the two of each pair as one. */
    Rooms joining(List<NavigableSet<String>> pairs) {
        NavigableMap<String, NavigableSet<String>> joined = new TreeMap<>();
        UnaryOperator<String> name = room -> pairs.stream()
                .filter(pair -> pair.contains(room))
                .map(pair -> String.join("+", pair))
                .findFirst()
                .orElse(room);
        uses.forEach((room, used) -> {
            NavigableSet<String> all = joined.computeIfAbsent(name.apply(room), key -> new TreeSet<>());
            used.stream().map(name).forEach(all::add);
        });
        joined.forEach((room, used) -> used.remove(room));
        return new Rooms(joined);
    }

    /** The rooms that are in circles, or can only be reached through one. Empty when there are none. */
    Set<String> inCircles() {
        NavigableMap<String, NavigableSet<String>> left = new TreeMap<>(uses);
        while (left.entrySet().removeIf(room -> room.getValue().stream().noneMatch(left::containsKey))) {
            // each round takes away the rooms that use none of those left
        }
        return left.keySet();
    }
}
