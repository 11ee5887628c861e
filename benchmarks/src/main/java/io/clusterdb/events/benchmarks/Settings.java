package io.clusterdb.events.benchmarks;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a side is told: words like {@code size=1024}. */
final class Settings {
    private final Map<String, String> values = new HashMap<>();

    Settings(List<String> words) {
        for (String word : words) {
            int at = word.indexOf('=');
            values.put(word.substring(0, at), word.substring(at + 1));
        }
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the side is not told " + name);
        }
        return value;
    }

    int number(String name) {
        return Integer.parseInt(text(name));
    }

    /** The folder to work in. */
    Path work() {
        return Path.of(text("work"));
    }
}
