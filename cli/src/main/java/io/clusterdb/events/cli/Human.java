package io.clusterdb.events.cli;

import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Values as people read them in a table. */
final class Human {
    private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};

    private Human() {}

    /** In decimal units with three digits: {@code 999 B}, {@code 1.23 MB}. */
    static String bytes(long bytes) {
        if (bytes < 1_000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = 0;
        while (value >= 999.5) {
            value /= 1_000;
            unit++;
        }
        String digits = value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f";
        return String.format(Locale.ROOT, digits, value) + " " + UNITS[unit];
    }

    /** All fields of an event, a line each, and its data. */
    static void event(Terminal terminal, JsonNode event) {
        event.properties().forEach(field -> {
            String name = field.getKey();
            if (!name.equals("data")) {
                terminal.println(name + " ".repeat(Math.max(1, 16 - name.length())) + visible(cell(event, name)));
            }
        });
        if (event.has("data")) {
            terminal.println("data\n" + Output.shown(event.path("data")));
        }
    }

    /** In the two largest units: {@code 3d 4h}, {@code 12s}, {@code 250ms}. */
    static String millis(long millis) {
        if (millis < 1_000) {
            return millis + "ms";
        }
        long seconds = millis / 1_000;
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + "m " + seconds % 60 + "s";
        }
        return seconds < 86_400
                ? seconds / 3_600 + "h " + seconds % 3_600 / 60 + "m"
                : seconds / 86_400 + "d " + seconds % 86_400 / 3_600 + "h";
    }

    static String count(long number, String singular) {
        return number + " " + (number == 1 ? singular : singular + "s");
    }

    /** A field as a cell: nothing for null, JSON for what is no scalar. */
    static String cell(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (value.isNull() || value.isMissingNode()) {
            return "";
        }
        return value.isValueNode() ? value.asString() : value.toString();
    }

    /** On one line, and without anything that a terminal would obey. */
    static String visible(String text) {
        return text.indexOf('\n') < 0 ? harmless(text) : harmless(text.replace("\n", "\\n"));
    }

    /** Without anything that a terminal would obey, but for the ends of lines. */
    static String harmless(String text) {
        StringBuilder all = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control = (c != '\n' && Character.isISOControl(c)) || c == '\u2028' || c == '\u2029';
            if (control && all == null) {
                all = new StringBuilder(text.substring(0, i));
            }
            if (all != null) {
                all.append(control ? escape(c) : String.valueOf(c));
            }
        }
        return all == null ? text : all.toString();
    }

    private static String escape(char c) {
        return switch (c) {
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format(Locale.ROOT, "\\u%04x", (int) c);
        };
    }
}
