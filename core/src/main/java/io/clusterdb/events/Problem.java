package io.clusterdb.events;

import java.io.Serializable;

/**
 * What went wrong, in the words that the log, the command and HTTP all show.
 *
 * @param what one line
 * @param why the values found and expected, never a guess
 * @param remedy the next step, in the imperative
 */
public record Problem(ErrorCode code, String what, String why, String remedy) implements Serializable {
    public Problem {
        if (what.isBlank() || why.isBlank() || remedy.isBlank()) {
            throw new IllegalArgumentException("a problem needs what, why and remedy: " + code);
        }
    }

    @Override
    public String toString() {
        return "Error: " + what + " [" + code.id() + "]\n  Cause:    " + why + "\n  Solution: " + remedy;
    }
}
