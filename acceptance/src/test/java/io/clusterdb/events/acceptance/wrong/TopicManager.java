package io.clusterdb.events.acceptance.wrong;

/** A name that says nothing, beside an error that must be caught. */
public final class TopicManager {
    private TopicManager() {}

    /** A checked exception. */
    public static final class Refusal extends Exception {}
}
