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
 */
record Build(
        String name,
        long position,
        long replayUntil,
        long skipped,
        List<Long> toSkip,
        @Nullable String failure) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    Build {
        toSkip = List.copyOf(toSkip);
    }

    static Build begin(int version, int generation, long replayUntil) {
        return new Build(version + "." + generation, 0, replayUntil, 0, List.of(), null);
    }

    int version() {
        return Integer.parseInt(name.substring(0, name.indexOf('.')));
    }

    int generation() {
        return Integer.parseInt(name.substring(name.indexOf('.') + 1));
    }

    Build at(long reached) {
        List<Long> rest = toSkip.stream().filter(each -> each > reached).toList();
        return new Build(name, reached, replayUntil, skipped, rest, null);
    }

    /** One more event was left out. */
    Build without(long event) {
        return new Build(name, position, replayUntil, skipped + 1, toSkip, null).at(event);
    }

    Build replayUntil(long until) {
        return new Build(name, position, until, skipped, toSkip, failure);
    }

    Build skipping(long event) {
        List<Long> all = new java.util.ArrayList<>(toSkip);
        all.add(event);
        return new Build(name, position, replayUntil, skipped, all, null);
    }

    Build failing(String why) {
        return new Build(name, position, replayUntil, skipped, toSkip, why);
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
     */
    record Active(
            String name, @Nullable String target, @Nullable String previous) {
        Bytes bytes() {
            return Bytes.of(JSON.writeValueAsBytes(this));
        }

        static Active read(Bytes bytes) {
            return JSON.readValue(bytes.array(), bytes.offset(), bytes.length(), Active.class);
        }
    }
}
