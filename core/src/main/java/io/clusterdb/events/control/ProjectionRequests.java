package io.clusterdb.events.control;

import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.Projections;
import io.clusterdb.events.Projections.Skipped;
import io.clusterdb.events.RejectedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What requests for the projections of a store do. */
final class ProjectionRequests {
    private ProjectionRequests() {}

    static JsonNode handle(Projections projections, Request request) {
        return switch (request.verb()) {
            case "projection.list" -> list(projections);
            case "projection.rebuild" -> {
                projections.rebuild(request.text("name"));
                yield named(request);
            }
            case "projection.skip" -> {
                long position = request.number("position", 1, Long.MAX_VALUE)
                        .orElseThrow(() -> RejectedException.invalid(
                                "the request projection.skip", "position", "nothing", "the position of an event"));
                projections.skip(request.text("name"), position);
                yield named(request).put("position", position);
            }
            case "projection.skipped" -> skipped(projections, request);
            default -> throw new IllegalStateException(request.verb());
        };
    }

    private static ObjectNode named(Request request) {
        return Wire.JSON.createObjectNode().put("name", request.text("name"));
    }

    private static JsonNode list(Projections projections) {
        ObjectNode result = Wire.JSON.createObjectNode();
        ArrayNode all = result.putArray("projections");
        projections.list().forEach(status -> all.add(write(status)));
        return result;
    }

    private static ObjectNode write(ProjectionStatus status) {
        ObjectNode json = Wire.JSON
                .createObjectNode()
                .put("name", status.name())
                .put("version", status.version())
                .put("position", status.position())
                .put("lag", status.lag());
        if (status.building() != null) {
            json.put("building", status.building()).put("built_to", status.builtTo());
        }
        json.put("skipped", status.skipped());
        return status.failure() == null ? json : json.put("failure", status.failure());
    }

    private static JsonNode skipped(Projections projections, Request request) {
        ObjectNode result = Wire.JSON.createObjectNode();
        ArrayNode all = result.putArray("skipped");
        for (Skipped one : projections.skipped(request.text("name"))) {
            all.addObject()
                    .put("position", one.position())
                    .put("event", one.event())
                    .put("why", one.why());
        }
        return result;
    }
}
