package io.clusterdb.events.store;

import io.clusterdb.events.spi.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * One making of a projection's documents, and where it stands: kept as a document under the projection's name and the
 * build's.
 *
 * @param name {@code version.generation}: another generation is the same version made anew
 * @param position up to which events are in its documents
 * @param replayUntil events up to there are replayed: effects are off, and a failing one stops it
 * @param skipped events that were left out
 * @param toSkip positions of events that are to be left out
 * @param failure why it stands still
 * @param inline whether every append changes its documents: its position stays where that began, and it is at the last one
 */
record Build(
        String name,
        long position,
        long replayUntil,
        long skipped,
        List<Long> toSkip,
        @Nullable String failure,
        boolean inline) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    Build {
        toSkip = List.copyOf(toSkip);
    }

    static Build begin(int version, int generation, long replayUntil) {
        return new Build(version + "." + generation, 0, replayUntil, 0, List.of(), null, false);
    }

    int version() {
        return Integer.parseInt(name.substring(0, name.indexOf('.')));
    }

    int generation() {
        return Integer.parseInt(name.substring(name.indexOf('.') + 1));
    }

    Build at(long reached) {
        List<Long> rest = toSkip.stream().filter(each -> each > reached).toList();
        return new Build(name, reached, replayUntil, skipped, rest, null, inline);
    }

    /** One more event was left out. */
    Build without(long event) {
        return new Build(name, position, replayUntil, skipped + 1, toSkip, null, inline).at(event);
    }

    Build replayUntil(long until) {
        return new Build(name, position, until, skipped, toSkip, failure, inline);
    }

    /** Another one answers instead. It is not as it was, so that who was about to go on with it finds that out. */
    Build left() {
        return replayUntil(Long.MAX_VALUE);
    }

    /** Appends change it from now on, or not any more. */
    Build inline(boolean nowInline) {
        return new Build(name, position, replayUntil, skipped, toSkip, failure, nowInline);
    }

    /** Where it stands, when the last event is at a position. */
    long reached(long last) {
        return inline ? last : position;
    }

    Build skipping(long event) {
        List<Long> all = new java.util.ArrayList<>(toSkip);
        all.add(event);
        return new Build(name, position, replayUntil, skipped, all, null, inline);
    }

    Build failing(String why) {
        return new Build(name, position, replayUntil, skipped, toSkip, why, inline);
    }

    Bytes bytes() {
        return Bytes.of(JSON.writeValueAsBytes(this));
    }

    static Build read(Bytes bytes) {
        return JSON.readValue(bytes.array(), bytes.offset(), bytes.length(), Build.class);
    }

    /**
     * Which build answers.
     *
     * @param target the one that is being made to answer; null = none
     * @param previous the one that answered before; null = none. It is kept, so that an older program finds it
     * @param made the highest generation that a build has had: none has it again, as there may be somebody who still
     *     writes to the former build of that name
     */
    record Active(
            String name,
            @Nullable String target,
            @Nullable String previous,
            @Nullable Integer made) {
        static Active first(Build build) {
            return new Active(build.name(), null, null, build.generation());
        }

        /** No build answers instead of it any more. */
        Active alone() {
            return new Active(name, null, previous, made);
        }

        Active building(Build next) {
            int highest = Math.max(made == null ? 0 : made, next.generation());
            return new Active(name, next.name(), previous, highest);
        }

        /** @param left the build that has answered until now */
        Active answeredBy(String build, String left) {
            return new Active(build, null, left, made);
        }

        Bytes bytes() {
            return Bytes.of(JSON.writeValueAsBytes(this));
        }

        static Active read(Bytes bytes) {
            return JSON.readValue(bytes.array(), bytes.offset(), bytes.length(), Active.class);
        }
    }
}
