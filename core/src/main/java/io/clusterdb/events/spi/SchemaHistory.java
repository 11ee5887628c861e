package io.clusterdb.events.spi;

import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The versions of a schema, the oldest first, and what may follow them: the same rules wherever schemas are kept. The mode
 * of the newest version says how the next one must fit. A value.
 */
public record SchemaHistory<V extends SchemaHistory.Version>(List<V> versions) {
    /** A version that is kept. */
    public interface Version {
        /** 1 for the first. */
        int version();

        Schema schema();

        /** @throws io.clusterdb.events.RejectedException when its format is not on the class path */
        ParsedSchema parsed();
    }

    /**
     * Why a schema can't be the next version.
     *
     * @param version with which it does not fit
     * @param differences each with its path and what the two say there
     */
    public record Incompatible(SchemaCompatibility mode, int version, List<String> differences) {}

    public SchemaHistory {
        versions = List.copyOf(versions);
    }

    /** The number of the next version. */
    public int next() {
        return versions.isEmpty() ? 1 : versions.getLast().version() + 1;
    }

    public boolean isLatest(V version) {
        return version.version() == next() - 1;
    }

    /**
     * The version that a schema is already: the one with the same definition. The latest one with other settings is none,
     * but its own next one.
     */
    public Optional<V> find(Schema schema, ParsedSchema parsed) {
        for (V known : versions.reversed()) {
            Schema old = known.schema();
            if (old.format().equals(schema.format())
                    && known.parsed().canonical().equals(parsed.canonical())) {
                boolean sameSettings =
                        old.compatibility() == schema.compatibility() && Objects.equals(old.owner(), schema.owner());
                return isLatest(known) && !sameSettings ? Optional.empty() : Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /**
     * What keeps a schema from being the next version: of each version that it must fit and does not, the latest first. The
     * latest one with other settings changes nothing for data, whatever came before it.
     */
    public List<Incompatible> incompatible(ParsedSchema parsed) {
        if (versions.isEmpty() || meansTheSame(versions.getLast().parsed(), parsed)) {
            return List.of();
        }
        SchemaCompatibility mode = versions.getLast().schema().compatibility();
        List<Incompatible> found = new ArrayList<>();
        for (V old : mode.isTransitive() ? versions.reversed() : List.of(versions.getLast())) {
            List<String> differences = differences(mode, old, parsed);
            if (!differences.isEmpty()) {
                found.add(new Incompatible(mode, old.version(), differences));
            }
        }
        return found;
    }

    private static boolean meansTheSame(ParsedSchema one, ParsedSchema other) {
        return one.contentType().equals(other.contentType()) && one.canonical().equals(other.canonical());
    }

    /** What a mode would have against one version following another. */
    public static List<String> differences(SchemaCompatibility mode, Version old, ParsedSchema parsed) {
        if (mode == SchemaCompatibility.NONE) {
            return List.of();
        }
        if (!old.parsed().contentType().equals(parsed.contentType())) {
            return List.of("its format was " + old.schema().format() + ", another can't be compared");
        }
        List<String> differences = new ArrayList<>();
        if (mode.isBackward()) {
            differences.addAll(parsed.unreadable(old.parsed()));
        }
        if (mode.isForward()) {
            differences.addAll(old.parsed().unreadable(parsed));
        }
        return differences;
    }
}
