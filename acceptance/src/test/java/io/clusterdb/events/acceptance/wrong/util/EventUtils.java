package io.clusterdb.events.acceptance.wrong.util;

import io.clusterdb.events.acceptance.wrong.TopicManager;

/** A thing without a purpose, in a package without one, which does not say what it does with nulls. */
public final class EventUtils {
    private EventUtils() {}

    /** Two errors at once. */
    public static Class<?> refusal() {
        return TopicManager.Refusal.class;
    }
}
