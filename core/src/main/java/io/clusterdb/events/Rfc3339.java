package io.clusterdb.events;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/**
 * Times as text, as in RFC 3339. The forms that events are published with are read and written without the general
 * parser, which costs more than the rest of an event together.
 */
final class Rfc3339 {
    private static final int SECONDS_LENGTH = "2026-01-01T00:00:00Z".length();
    private static final int DAY_SECONDS = 86_400;

    private static volatile Day today = Day.of(0);

    private static volatile Written latest = new Written(Instant.EPOCH, Instant.EPOCH.toString());

    /** A time that was written, which under load many events have: the clock goes by milliseconds. */
    private record Written(Instant time, String text) {}

    /** A day of the calendar with its text, which most times share with the one before. */
    private record Day(long number, String text) {
        static Day of(long number) {
            return new Day(number, LocalDate.ofEpochDay(number) + "T");
        }
    }

    private Rfc3339() {}

    /** With as many digits of the second as it has: none, three, six or nine. */
    static String format(Instant time) {
        Written known = latest;
        if (!known.time().equals(time)) {
            known = new Written(time, write(time));
            latest = known;
        }
        return known.text();
    }

    private static String write(Instant time) {
        long seconds = time.getEpochSecond();
        if (seconds < 0 || seconds > 250_000_000_000L) {
            return time.toString();
        }
        long number = seconds / DAY_SECONDS;
        Day day = today;
        if (day.number() != number) {
            day = Day.of(number);
            today = day;
        }
        int rest = (int) (seconds % DAY_SECONDS);
        StringBuilder text = new StringBuilder(32).append(day.text());
        two(text, rest / 3600).append(':');
        two(text, rest / 60 % 60).append(':');
        two(text, rest % 60);
        int nanos = time.getNano();
        if (nanos % 1_000_000 == 0) {
            digits(text, nanos / 1_000_000, 100);
        } else if (nanos % 1_000 == 0) {
            digits(text, nanos / 1_000, 100_000);
        } else {
            digits(text, nanos, 100_000_000);
        }
        return text.append('Z').toString();
    }

    private static StringBuilder two(StringBuilder text, int number) {
        return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }

    private static void digits(StringBuilder text, int number, int highest) {
        if (number > 0 || highest > 100) {
            text.append('.');
            for (int unit = highest; unit > 0; unit /= 10) {
                text.append((char) ('0' + number / unit % 10));
            }
        }
    }

    /** @throws DateTimeException when the text is no time */
    static Instant parse(String text) {
        int length = text.length();
        if (length < SECONDS_LENGTH || text.charAt(length - 1) != 'Z' || text.charAt(10) != 'T') {
            return Instant.parse(text);
        }
        Day day = today;
        if (!text.startsWith(day.text())) {
            Instant time = Instant.parse(text);
            today = Day.of(Math.floorDiv(time.getEpochSecond(), (long) DAY_SECONDS));
            return time;
        }
        int hour = number(text, 11, 2);
        int minute = number(text, 14, 2);
        int second = number(text, 17, 2);
        int fraction = length - SECONDS_LENGTH - 1;
        int digits = fraction > 0 && fraction <= 9 ? number(text, 20, fraction) : 0;
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || digits < 0) {
            return Instant.parse(text);
        }
        if (text.charAt(13) != ':'
                || text.charAt(16) != ':'
                || fraction > 9
                || (fraction >= 0 && text.charAt(19) != '.')) {
            return Instant.parse(text);
        }
        for (int i = Math.max(fraction, 0); i < 9; i++) {
            digits *= 10;
        }
        long seconds = day.number() * DAY_SECONDS + hour * 3600L + minute * 60L + second;
        return Instant.ofEpochSecond(seconds, digits);
    }

    /** The number at a place of the text, −1 when there is none. */
    private static int number(String text, int at, int length) {
        int number = 0;
        for (int i = at; i < at + length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
