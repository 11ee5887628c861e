package io.clusterdb.events;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes. Decimal units are powers of 1000 ({@code 10GB} = 10¹⁰ bytes), binary units powers of 1024
 * ({@code 10GiB} = 10 · 2³⁰ bytes), as in IEC 80000-13.
 *
 * <p>A number that is no size is refused with {@link IllegalArgumentException}, and one above 2⁶³−1 bytes with
 * {@link ArithmeticException}.
 *
 * @param bytes zero or more
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    private static final Pattern TEXT = Pattern.compile("(\\d+)\\s*([A-Za-z]*)");
    private static final Map<String, Long> UNITS = Map.of(
            "",
            1L,
            "b",
            1L,
            "kb",
            1_000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L,
            "tb",
            1_000_000_000_000L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "tib",
            1L << 40);

    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size is zero or more bytes, found " + bytes);
        }
    }

    public static ByteSize bytes(long bytes) {
        return new ByteSize(bytes);
    }

    public static ByteSize kb(long kilobytes) {
        return of(kilobytes, "kb");
    }

    public static ByteSize mb(long megabytes) {
        return of(megabytes, "mb");
    }

    public static ByteSize gb(long gigabytes) {
        return of(gigabytes, "gb");
    }

    public static ByteSize kib(long kibibytes) {
        return of(kibibytes, "kib");
    }

    public static ByteSize mib(long mebibytes) {
        return of(mebibytes, "mib");
    }

    public static ByteSize gib(long gibibytes) {
        return of(gibibytes, "gib");
    }

    /**
     * Reads {@code 512}, {@code 16KB}, {@code 10 GiB}; the unit's case does not matter.
     *
     * @throws IllegalArgumentException when the text is no size, or one above 2⁶³−1 bytes
     */
    public static ByteSize parse(String text) {
        Matcher m = TEXT.matcher(text.strip());
        if (m.matches() && UNITS.containsKey(m.group(2).toLowerCase(Locale.ROOT))) {
            try {
                return of(Long.parseLong(m.group(1)), m.group(2).toLowerCase(Locale.ROOT));
            } catch (NumberFormatException | ArithmeticException e) {
                throw new IllegalArgumentException("a size above 2^63-1 bytes: " + text, e);
            }
        }
        throw new IllegalArgumentException("no size: '" + text + "' (write 512, 16KB, 10GB or 10GiB)");
    }

    private static ByteSize of(long count, String unit) {
        return new ByteSize(Math.multiplyExact(count, UNITS.getOrDefault(unit, 1L)));
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** The largest unit that divides the size without a rest: {@code 10GB}, {@code 16KiB}, {@code 1500}. */
    @Override
    public String toString() {
        for (String unit : new String[] {"TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "KB"}) {
            long size = UNITS.getOrDefault(unit.toLowerCase(Locale.ROOT), 1L);
            if (bytes >= size && bytes % size == 0) {
                return bytes / size + unit;
            }
        }
        return Long.toString(bytes);
    }
}
