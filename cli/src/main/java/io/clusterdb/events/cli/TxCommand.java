package io.clusterdb.events.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code events tx}. */
@Command(name = "tx", description = "Shows and aborts open transactions, which hold back readers of committed events.")
final class TxCommand extends CommandGroup {
    /** {@code events tx list}. */
    @Command(
            name = "list",
            description = "Lists the transactions that are open, oldest first, with what they hold.",
            footer = {
                "%nHOLDS names the partitions it has written to, each with the offset beyond which committed events are",
                "not read as long as it is open.",
                "%nExample:",
                "  events tx list --data ./data"
            })
    static final class ListAll extends BrokerCommand {
        @Override
        int run(Session session) {
            output().list(
                            session.call(request("tx.list")).path("transactions"),
                            Columns.none()
                                    .text("id")
                                    .text("owner")
                                    .text("begun")
                                    .text("AGE", 0, ListAll::age)
                                    .text("HOLDS", 0, TxCommand::holds));
            return 0;
        }

        private static String age(JsonNode transaction) {
            Instant begun = Instant.parse(transaction.path("begun").asString());
            return Math.max(0, Duration.between(begun, Instant.now()).toSeconds()) + " s";
        }
    }

    private static String holds(JsonNode transaction) {
        List<String> all = new ArrayList<>();
        transaction
                .path("held")
                .forEach(held -> all.add(Human.cell(held, "topic") + "-" + Human.cell(held, "partition") + "@"
                        + Human.cell(held, "offset")));
        return String.join(", ", all);
    }

    /** {@code events tx abort}. */
    @Command(
            name = "abort",
            description = "Aborts an open transaction: nothing of it happens, and who began it is told by an error.",
            footer = {"%nExample:", "  events tx abort tx-5f3a --data ./data"})
    static final class Abort extends BrokerCommand {
        @Parameters(paramLabel = "ID", description = "As events tx list shows it.")
        private String id = "";

        @Override
        int run(Session session) {
            if (!confirmed("Abort transaction " + id + "?")) {
                return Failures.FAILED;
            }
            session.call(request("tx.abort").put("id", id));
            say("Transaction " + id + " is aborted");
            return 0;
        }
    }
}
