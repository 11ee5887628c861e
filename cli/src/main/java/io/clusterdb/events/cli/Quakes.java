package io.clusterdb.events.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/**
 * What the demo must come to, computed from its file alone: nothing here knows of events, topics and deliveries, and
 * nothing that publishes or handles them is used here.
 *
 * @param all in the order of the file
 */
record Quakes(List<Quake> all) {
    /** One row of the file. */
    record Quake(String id, Instant time, String network, BigDecimal magnitude, String place) {
        Quake {
            magnitude = magnitude.stripTrailingZeros();
        }

        /** What its place ends with: a state of the USA, mostly, or a country. */
        String region() {
            return place.replaceFirst(".*, ", "");
        }
    }

    /**
     * What a comparison has found.
     *
     * @param expected how many
     * @param lost of those, the ones that are not there
     * @param duplicated how many there are too many, by id
     * @param differences all that is not as it must be; empty = it is right
     */
    record Verdict(int expected, int lost, int duplicated, List<String> differences) {}

    /** How many quakes, and the strongest magnitude. */
    record Total(int quakes, BigDecimal strongest) {
        Total {
            strongest = strongest.stripTrailingZeros();
        }

        private Total and(Total other) {
            return new Total(quakes + other.quakes, strongest.max(other.strongest));
        }
    }

    static Quakes read(InputStream csv) {
        List<Quake> all = new ArrayList<>();
        try (MappingIterator<Map<String, String>> rows = CsvMapper.builder()
                .build()
                .readerFor(Map.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(csv)) {
            rows.forEachRemaining(row -> all.add(quake(row)));
        }
        return new Quakes(all);
    }

    private static Quake quake(Map<String, String> row) {
        return new Quake(
                text(row, "id"),
                Instant.parse(text(row, "time")),
                text(row, "network"),
                new BigDecimal(text(row, "magnitude")),
                text(row, "place"));
    }

    private static String text(Map<String, String> row, String column) {
        return row.getOrDefault(column, "");
    }

    /** Those of that magnitude or more. */
    Quakes from(BigDecimal magnitude) {
        return new Quakes(all.stream()
                .filter(quake -> quake.magnitude().compareTo(magnitude) >= 0)
                .toList());
    }

    /** By network, the busiest first. */
    Map<String, List<Quake>> byNetwork() {
        Map<String, List<Quake>> networks = new LinkedHashMap<>();
        all.forEach(quake -> networks.computeIfAbsent(quake.network(), n -> new ArrayList<>())
                .add(quake));
        Map<String, List<Quake>> sorted = new LinkedHashMap<>();
        networks.entrySet().stream()
                .sorted((a, b) -> b.getValue().size() - a.getValue().size())
                .forEach(network -> sorted.put(network.getKey(), network.getValue()));
        return sorted;
    }

    /** Compares what somebody has added up with what the quakes of each group add up to. */
    List<String> compareTotals(Function<Quake, String> group, Map<String, Total> found) {
        Map<String, Total> expected = new TreeMap<>();
        all.forEach(quake -> expected.merge(group.apply(quake), new Total(1, quake.magnitude()), Total::and));
        Set<String> groups = new TreeSet<>(expected.keySet());
        groups.addAll(found.keySet());
        return groups.stream()
                .filter(name -> !Objects.equals(found.get(name), expected.get(name)))
                .map(name -> name + ": found " + found.get(name) + ", expected " + expected.get(name))
                .toList();
    }

    /** Compares what somebody made of it with what must be: each quake once, and with the values that it has here. */
    Verdict compare(List<Quake> found) {
        List<String> differences = new ArrayList<>();
        Map<String, Quake> missing = new LinkedHashMap<>();
        all.forEach(quake -> missing.put(quake.id(), quake));
        Set<String> seen = new HashSet<>();
        int duplicated = 0;
        for (Quake quake : found) {
            Quake expected = missing.remove(quake.id());
            if (!seen.add(quake.id())) {
                duplicated++;
                differences.add("duplicated: " + quake);
            } else if (expected == null) {
                differences.add("not expected: " + quake);
            } else if (!expected.equals(quake)) {
                differences.add("changed: found " + quake + ", expected " + expected);
            }
        }
        missing.values().forEach(quake -> differences.add("lost: " + quake));
        return new Verdict(all.size(), missing.size(), duplicated, differences);
    }

    static InputStream file() {
        InputStream file = Quakes.class.getResourceAsStream("earthquakes.csv");
        if (file == null) {
            throw new UncheckedIOException(new IOException("earthquakes.csv is not in the distribution"));
        }
        return file;
    }
}
