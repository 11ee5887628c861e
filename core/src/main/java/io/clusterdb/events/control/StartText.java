package io.clusterdb.events.control;

import io.clusterdb.events.AutoOffsetReset;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.config.Durations;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Places in a log as people write them. */
final class StartText {
    private static final String TIMES =
            "earliest, latest, an instant such as 2026-01-31T08:00:00Z or 2026-01-31 (UTC), "
                    + "or a duration back from now such as 2h";

    private StartText() {}

    static LogQuery.Start start(String text) {
        if (text.matches("\\d{1,18}")) {
            return new LogQuery.Offset(Long.parseLong(text));
        }
        return time(text)
                .orElseThrow(() -> RejectedException.invalid("the reading", "from", text, TIMES + ", or an offset"));
    }

    static AutoOffsetReset reset(String text) {
        return switch (time(text).orElseThrow(() -> RejectedException.invalid("the group", "position", text, TIMES))) {
            case LogQuery.Earliest earliest -> AutoOffsetReset.EARLIEST;
            case LogQuery.Latest latest -> AutoOffsetReset.LATEST;
            case LogQuery.At at -> AutoOffsetReset.at(at.instant());
            case LogQuery.Back back -> AutoOffsetReset.back(back.duration());
            case LogQuery.Offset offset -> throw new IllegalStateException("no time: " + offset);
        };
    }

    private static Optional<LogQuery.Start> time(String text) {
        return switch (text.strip()) {
            case "earliest" -> Optional.of(new LogQuery.Earliest());
            case "latest" -> Optional.of(new LogQuery.Latest());
            default -> {
                Instant instant = instant(text.strip());
                yield instant != null
                        ? Optional.of(new LogQuery.At(instant))
                        : Durations.parse(text).map(LogQuery.Back::new);
            }
        };
    }

    private static @Nullable Instant instant(String text) {
        try {
            return text.length() == "2026-01-31".length()
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    static @Nullable String text(@Nullable AutoOffsetReset reset) {
        return switch (reset) {
            case null -> null;
            case AutoOffsetReset.Earliest earliest -> "earliest";
            case AutoOffsetReset.Latest latest -> "latest";
            case AutoOffsetReset.None none -> "none";
            case AutoOffsetReset.At at -> at.instant().toString();
            case AutoOffsetReset.Back back -> Durations.text(back.duration());
        };
    }
}
