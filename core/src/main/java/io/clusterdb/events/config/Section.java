package io.clusterdb.events.config;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.spi.Settings;
import io.clusterdb.events.spi.Spelling;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A map of a configuration file, read key by key. It remembers what it was asked for: {@link #finish} reports the other
 * keys, of this section and of all that were read from it.
 */
final class Section implements Settings {
    private static final String SIZES = "a size such as 512, 16KB, 10GB or 10GiB";

    private final String path;
    private final Node node;
    private final Map<String, Node> keys;
    private final Path home;
    private final Faults faults;
    private final Set<String> known = new LinkedHashSet<>();
    private final Map<String, Section> sections = new LinkedHashMap<>();
    private final ObjectNode shape = Shape.section();
    private boolean open;

    /** @param home the folder that relative paths start from */
    Section(String path, Node node, Path home, Faults faults) {
        this.path = path;
        this.node = node;
        this.home = home;
        this.faults = faults;
        Map<String, Node> map = node.map();
        if (map == null && node.value() != null) {
            fault(node, path, "found " + node.description() + ", allowed is a map of keys");
        }
        this.keys = map == null ? Map.of() : map;
    }

    private String below(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private void fault(Node at, String where, String what) {
        faults.add(at.line(), where, what);
    }

    private void fault(String key, Node found, String allowed) {
        fault(found, below(key), "found " + found.description() + ", allowed is " + allowed);
    }

    /** Reports a key of this section, or that it is missing. */
    void fault(String key, String what) {
        fault(keys.getOrDefault(key, node), below(key), what);
    }

    private @Nullable Node node(String key) {
        known.add(key);
        return keys.get(key);
    }

    /** As {@link #node(String)}, of a key that may have such a value. */
    private @Nullable Node node(String key, ObjectNode allowed) {
        ((ObjectNode) shape.path("properties")).set(key, allowed);
        return node(key);
    }

    /** What it was asked for, as a JSON Schema. */
    ObjectNode shape() {
        return shape;
    }

    /** Whether it is in the file at all. */
    boolean isPresent() {
        return !node.equals(Node.ABSENT);
    }

    @Override
    public boolean has(String key) {
        return node(key) != null;
    }

    @Override
    public String text(String key, String fallback) {
        return text(key, fallback, Shape.text());
    }

    private String text(String key, String fallback, ObjectNode allowed) {
        Node found = node(key, allowed);
        if (found == null) {
            return fallback;
        }
        if (found.value() instanceof String text && !text.isBlank()) {
            return text;
        }
        boolean plain = found.value() instanceof Number || found.value() instanceof Boolean;
        fault(key, found, plain ? "a text; put it in quotes" : "a text");
        return fallback;
    }

    /** As {@link #text}, of a key that must be there. */
    String required(String key, String allowed) {
        if (!has(key)) {
            missing(key, allowed);
        }
        Shape.require(shape, key);
        return text(key, "", Shape.text().put("description", allowed));
    }

    @Override
    public String required(String key, String allowed, String example) {
        String text = required(key, allowed);
        return text.isEmpty() ? example : text;
    }

    private void missing(String key, String allowed) {
        fault(node, below(key), "missing, allowed is " + allowed);
    }

    @Override
    public int integer(String key, int fallback, int min, int max) {
        Node found = node(key, Shape.integer(min, max));
        if (found == null) {
            return fallback;
        }
        Long number = wholeNumber(found);
        if (number != null && number >= min && number <= max) {
            return number.intValue();
        }
        fault(key, found, "a whole number from " + min + (max == Integer.MAX_VALUE ? "" : " to " + max));
        return fallback;
    }

    private static @Nullable Long wholeNumber(Node node) {
        if (node.value() instanceof Integer || node.value() instanceof Long) {
            return ((Number) node.value()).longValue();
        }
        if (node.value() instanceof String text && text.strip().matches("-?\\d{1,18}")) {
            return Long.valueOf(text.strip());
        }
        return null;
    }

    @Override
    public boolean flag(String key, boolean fallback) {
        Node found = node(key, Shape.flag());
        if (found == null) {
            return fallback;
        }
        return switch (String.valueOf(found.value())) {
            case "true" -> true;
            case "false" -> false;
            default -> {
                fault(key, found, "true or false");
                yield fallback;
            }
        };
    }

    /** One of some words, in any case. */
    String word(String key, String fallback, Collection<String> allowed) {
        String text = text(key, fallback, Shape.word(allowed));
        String lower = text.toLowerCase(Locale.ROOT);
        if (!lower.equals(fallback) && !allowed.contains(lower)) {
            String guess = Spelling.nearest(lower, allowed)
                    .map(w -> "; did you mean " + w + "?")
                    .orElse("");
            fault(key, "found '" + text + "', allowed is " + String.join(" | ", allowed) + guess);
            return fallback;
        }
        return lower;
    }

    <E extends Enum<E>> E word(String key, E fallback) {
        List<E> values = Arrays.asList(fallback.getDeclaringClass().getEnumConstants());
        List<String> words = values.stream().map(Section::wordOf).toList();
        return values.get(words.indexOf(word(key, wordOf(fallback), words)));
    }

    static String wordOf(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Above zero; null when the key is not there. */
    @Nullable
    Duration duration(String key) {
        Node found = node(key, Shape.text("[0-9]", Durations.ALLOWED));
        if (found == null) {
            return null;
        }
        Duration value =
                found.value() instanceof String text ? Durations.parse(text).orElse(null) : null;
        if (value == null || value.isZero() || value.isNegative()) {
            fault(key, found, Durations.ALLOWED);
            return null;
        }
        return value;
    }

    /** Null when the key is not there. */
    @Nullable
    ByteSize size(String key) {
        Node found = node(key, Shape.size(SIZES));
        if (found == null) {
            return null;
        }
        try {
            return ByteSize.parse(String.valueOf(found.value()));
        } catch (IllegalArgumentException e) {
            fault(key, found, SIZES);
            return null;
        }
    }

    @Override
    public ByteSize size(String key, ByteSize fallback, ByteSize min, ByteSize max) {
        ByteSize found = size(key);
        node(key, Shape.size(SIZES, min, max));
        if (found == null) {
            return fallback;
        }
        if (found.compareTo(min) < 0 || found.compareTo(max) > 0) {
            fault(key, "found " + found + ", allowed is " + min + " to " + max);
            return fallback;
        }
        return found;
    }

    @Override
    public Path path(String key) {
        Path path = resolved(key, required(key, "the path of a folder"));
        return path == null ? home : path;
    }

    /** The path of a file that must be there; null when it is missing or none. */
    @Nullable
    Path file(String key) {
        String text = required(key, "the path of a file");
        return text.isEmpty() ? null : resolved(key, text);
    }

    private @Nullable Path resolved(String key, String text) {
        try {
            return home.resolve(text);
        } catch (InvalidPathException e) {
            fault(key, "found '" + text + "', which can't be a path: " + e.getReason());
            return null;
        }
    }

    /** A list of texts; empty when the key is not there. */
    List<String> texts(String key) {
        List<String> all = new ArrayList<>();
        int n = 0;
        for (Node item : items(key, Shape.text())) {
            if (item.value() instanceof String text && !text.isBlank()) {
                all.add(text);
            } else {
                fault(key + "[" + n + "]", item, "a text");
            }
            n++;
        }
        return all;
    }

    private List<Node> items(String key, ObjectNode allowed) {
        Node found = node(key, Shape.list(allowed));
        if (found == null || found.value() == null) {
            return List.of();
        }
        List<Node> list = found.list();
        if (list == null) {
            fault(key, found, "a list");
            return List.of();
        }
        return list;
    }

    /** The parts of a list of parts. */
    List<Section> parts(String key) {
        List<Section> all = new ArrayList<>();
        for (Node item : items(key, Shape.section())) {
            all.add(child(key + "[" + all.size() + "]", item));
        }
        if (!all.isEmpty()) {
            node(key, Shape.list(all.getFirst().shape));
        }
        return all;
    }

    @Override
    public Section section(String key) {
        Node found = node(key);
        Section child = child(key, found == null ? Node.ABSENT : found);
        node(key, child.shape);
        return child;
    }

    private Section child(String key, Node at) {
        return sections.computeIfAbsent(key, k -> new Section(below(k), at, home, faults));
    }

    /** A part that is not there. */
    Section nothing(String key) {
        return new Section(below(key), Node.ABSENT, home, faults);
    }

    /** The parts of this one, whose names are the user's. */
    List<Section> named() {
        return List.copyOf(byName().values());
    }

    /** As {@link #named}, with their names. */
    Map<String, Section> byName() {
        Map<String, Section> named = new LinkedHashMap<>();
        keys.keySet().forEach(key -> named.put(key, child(key, Objects.requireNonNull(node(key)))));
        if (!named.isEmpty()) {
            shape.set("additionalProperties", named.values().iterator().next().shape);
        }
        return named;
    }

    /** Whatever it has is allowed. */
    void leaveOpen() {
        open = true;
        shape.put("additionalProperties", true);
    }

    /** A value made of this section; what its type refuses is a fault of the section. */
    <T> Optional<T> make(Supplier<T> value) {
        try {
            return Optional.of(value.get());
        } catch (EventsException e) {
            fault(node, path, e.problem().what() + ": " + e.problem().why());
        } catch (IllegalArgumentException e) {
            fault(node, path, String.valueOf(e.getMessage()));
        }
        return Optional.empty();
    }

    /** Reports the keys that nobody has asked for. */
    void finish() {
        keys.forEach((key, value) -> {
            if (!known.contains(key) && !open) {
                String guess = Spelling.nearest(key, known)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse("; known are " + String.join(", ", known));
                fault(value, below(key), "unknown key" + guess);
            }
        });
        sections.values().forEach(Section::finish);
    }
}
