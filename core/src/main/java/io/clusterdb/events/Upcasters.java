package io.clusterdb.events;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The upcasters of a program: for each type of events a chain from version 1 to the newest. Made for engines; users give
 * {@link Upcaster}s to {@link Events#open}. Immutable, and as thread-safe as its upcasters.
 */
public final class Upcasters {
    /** No type has more than version 1. */
    public static final Upcasters NONE = new Upcasters(Map.of());

    /** What reads version n is at n - 1. */
    private final Map<String, List<Upcaster>> chains;

    private Upcasters(Map<String, List<Upcaster>> chains) {
        this.chains = chains;
    }

    /**
     * Makes the chains. An upcaster leads to the next version only, so none can lead back.
     *
     * @throws RejectedException when a version of a type is read by two or by none, naming all such versions
     */
    public static Upcasters of(Collection<Upcaster> upcasters) {
        Map<String, TreeMap<Integer, Long>> counts = upcasters.stream()
                .collect(Collectors.groupingBy(
                        Upcaster::type,
                        TreeMap::new,
                        Collectors.groupingBy(Upcaster::from, TreeMap::new, Collectors.counting())));
        List<String> faults = new ArrayList<>();
        counts.forEach((type, byVersion) -> faults.addAll(faults(type, byVersion)));
        if (!faults.isEmpty()) {
            throw RejectedException.brokenUpcasters(faults);
        }
        Map<String, List<Upcaster>> chains = upcasters.stream()
                .sorted(Comparator.comparingInt(Upcaster::from))
                .collect(Collectors.groupingBy(Upcaster::type, TreeMap::new, Collectors.toUnmodifiableList()));
        return new Upcasters(chains);
    }

    /** Those among the components. */
    static Upcasters among(Component... components) {
        return of(Stream.of(components)
                .filter(Upcaster.class::isInstance)
                .map(Upcaster.class::cast)
                .toList());
    }

    private static List<String> faults(String type, Map<Integer, Long> byVersion) {
        List<String> faults = new ArrayList<>();
        int next = 1;
        for (Map.Entry<Integer, Long> read : byVersion.entrySet()) {
            int from = read.getKey();
            if (from > next) {
                faults.add(type + ": nothing leads from version " + next + " to " + from);
            }
            if (read.getValue() > 1) {
                faults.add(
                        type + ": " + read.getValue() + " upcasters lead from version " + from + " to " + (from + 1));
            }
            next = from + 1;
        }
        return faults;
    }

    public boolean isEmpty() {
        return chains.isEmpty();
    }

    /** The version that data of a type is lifted to; 1 when there is no upcaster for it. */
    public int newest(String type) {
        return chains.getOrDefault(type, List.of()).size() + 1;
    }

    /** Whether there are upcasters for data of a type, or of any type for {@link Schemas#ANY_TYPE}. */
    public boolean lift(String type) {
        return type.equals(Schemas.ANY_TYPE) ? !isEmpty() : newest(type) > 1;
    }

    /**
     * Lifts data to the newest version. What has that version, or a newer one that this program does not know, is returned
     * as it is.
     *
     * @param what it is data of, for errors
     * @param version of the data, 1 or more
     * @param data may be changed
     * @throws RejectedException when an upcaster throws or returns null
     */
    public JsonNode upcast(String what, String type, int version, JsonNode data) {
        List<Upcaster> chain = chains.getOrDefault(type, List.of());
        JsonNode lifted = data;
        for (Upcaster step : chain.subList(Math.min(version - 1, chain.size()), chain.size())) {
            lifted = lift(what, step, lifted);
        }
        return lifted;
    }

    private static JsonNode lift(String what, Upcaster step, JsonNode data) {
        @Nullable JsonNode lifted;
        try {
            lifted = step.change().apply(data);
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
            throw RejectedException.notUpcast(what, step + " failed: " + e, e);
        }
        if (lifted == null) {
            throw RejectedException.notUpcast(what, step + " returned null", null);
        }
        return lifted;
    }

    /**
     * A text that is another one when a type has more versions or fewer. It does not see into the upcasters: one that is
     * to say something else has to be a new version.
     */
    public String fingerprint() {
        Function<Map.Entry<String, List<Upcaster>>, String> newest =
                chain -> chain.getKey() + "=" + (chain.getValue().size() + 1);
        return chains.entrySet().stream().map(newest).collect(Collectors.joining("\n"));
    }
}
