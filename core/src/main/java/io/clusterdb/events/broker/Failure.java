package io.clusterdb.events.broker;

/**
 * Why a delivery failed.
 *
 * @param millis when, since the epoch
 * @param error its class, or a word of ours
 */
record Failure(long millis, String error, String message) {
    private static final int MAX_MESSAGE = 500;

    Failure {
        message = message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE);
    }

    static Failure of(Throwable thrown, long millis) {
        return new Failure(millis, thrown.getClass().getName(), String.valueOf(thrown.getMessage()));
    }
}
