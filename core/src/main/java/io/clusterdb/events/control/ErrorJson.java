package io.clusterdb.events.control;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.NotFoundException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An {@link EventsException} as JSON, and the same exception made of it again. */
final class ErrorJson {
    private ErrorJson() {}

    static ObjectNode write(EventsException e) {
        Problem problem = e.problem();
        return Wire.JSON
                .createObjectNode()
                .put("code", problem.code().id())
                .put("category", category(e))
                .put("what", problem.what())
                .put("why", problem.why())
                .put("remedy", problem.remedy());
    }

    private static String category(EventsException e) {
        return switch (e) {
            case ConflictException conflict -> "conflict";
            case NotFoundException notFound -> "not_found";
            case RejectedException rejected -> "rejected";
            case UnavailableException unavailable -> "unavailable";
            case OutcomeUnknownException unknown -> "outcome_unknown";
            case CorruptionException corruption -> "corruption";
        };
    }

    static EventsException read(JsonNode error) {
        Problem problem = new Problem(
                ErrorCode.byId(error.path("code").asString("")).orElse(ErrorCode.OUTCOME_UNKNOWN),
                error.path("what").asString("The owner of the folder refused"),
                error.path("why").asString("it gave no reason"),
                error.path("remedy").asString("Look into its log"));
        return switch (error.path("category").asString("")) {
            case "conflict" -> new ConflictException(problem);
            case "not_found" -> new NotFoundException(problem);
            case "rejected" -> new RejectedException(problem);
            case "unavailable" -> new UnavailableException(problem);
            case "corruption" -> new CorruptionException(problem);
            default -> new OutcomeUnknownException(problem);
        };
    }
}
