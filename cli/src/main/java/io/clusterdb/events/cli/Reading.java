package io.clusterdb.events.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** How far a command reads, as options: so many, to the end, or on and on. */
final class Reading {
    @Mixin
    private Limit limit = new Limit();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what comes.")
    private boolean follow;

    boolean follows() {
        return follow;
    }

    ObjectNode addTo(ObjectNode request) {
        return limit.addTo(request.put("follow", follow));
    }
}
