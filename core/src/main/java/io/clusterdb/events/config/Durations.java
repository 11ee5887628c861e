package io.clusterdb.events.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as people write them: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}, several of these from
 * the largest to the smallest ({@code 1d12h}), or ISO-8601 ({@code PT5M}). A day has 24 hours.
 */
public final class Durations {
    /** What is allowed, for messages. */
    public static final String ALLOWED = "a duration such as 500ms, 30s, 5m, 2h, 7d or PT5M";

    private static final Pattern TEXT = Pattern.compile("(?:(\\d+)(d|h|ms|m|s))");

    /** Units from the largest to the smallest, in milliseconds. */
    private static final Map<String, Long> MILLIS = new LinkedHashMap<>();

    static {
        MILLIS.put("d", 86_400_000L);
        MILLIS.put("h", 3_600_000L);
        MILLIS.put("m", 60_000L);
        MILLIS.put("s", 1_000L);
        MILLIS.put("ms", 1L);
    }

    private Durations() {}

    /** The duration that the text says; empty when it says none. */
    public static Optional<Duration> parse(String text) {
        String plain = text.strip();
        try {
            return plain.toUpperCase(Locale.ROOT).startsWith("P")
                    ? Optional.of(Duration.parse(plain))
                    : Optional.ofNullable(units(plain.toLowerCase(Locale.ROOT)));
        } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static @org.jspecify.annotations.Nullable Duration units(String text) {
        Matcher part = TEXT.matcher(text);
        long sum = 0;
        long previous = Long.MAX_VALUE;
        int at = 0;
        while (at < text.length()) {
            if (!part.find() || part.start() != at) {
                return null;
            }
            long unit = MILLIS.getOrDefault(part.group(2), 0L);
            if (unit >= previous) {
                return null;
            }
            sum = Math.addExact(sum, Math.multiplyExact(Long.parseLong(part.group(1)), unit));
            previous = unit;
            at = part.end();
        }
        return text.isEmpty() ? null : Duration.ofMillis(sum);
    }

    /** The duration in the largest unit that divides it without a rest, which {@link #parse} reads back. */
    public static String text(Duration duration) {
        if (duration.isNegative()
                || duration.getNano() % 1_000_000 != 0
                || duration.getSeconds() > Long.MAX_VALUE / 1000) {
            return duration.toString();
        }
        long millis = duration.toMillis();
        for (Map.Entry<String, Long> unit : MILLIS.entrySet()) {
            if (millis >= unit.getValue() && millis % unit.getValue() == 0) {
                return millis / unit.getValue() + unit.getKey();
            }
        }
        return "0s";
    }
}
