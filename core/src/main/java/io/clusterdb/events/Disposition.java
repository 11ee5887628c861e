package io.clusterdb.events;

/** Why an event became a dead letter. */
public enum Disposition {
    /** Its handler failed as often as the retry policy allows. */
    EXHAUSTED,
    /** Its handler said {@link Message#term}. */
    TERMINATED,
    /** Its bytes could not be read as an event, or its data not as what its handler asked for. */
    UNDECODABLE,
    /** Its last attempt was not answered within the time-out. */
    TIMEOUT,
    /** An event of its key before it is a dead letter, and the subscription parks what follows. */
    PARKED,
    /** The topic's retention was about to delete it while it waited for its retry, or before it could. */
    EXPIRED
}
