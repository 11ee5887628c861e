package io.clusterdb.events.cli;

import tools.jackson.databind.JsonNode;

/** What a line of an input is. A CSV record may go on over several lines; its number is that of the first. */
sealed interface Row {
    /** From 1. */
    long line();

    /**
     * Data of an event.
     *
     * @param bytes about how large it is
     */
    record Good(long line, JsonNode data, int bytes) implements Row {}

    /** What can't be read. */
    record Bad(long line, String why) implements Row {}
}
