package io.clusterdb.events.cli;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.cli.Failures.FailedException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code events explain}. */
@Command(
        name = "explain",
        description = "Explains an error by its code: what it means, where it comes from, what to do.",
        footer = {"%nExamples:", "  events explain EV-2004", "  events explain         lists all codes"})
final class ExplainCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "CODE", arity = "0..1", description = "As it stands behind the error, such as EV-2004.")
    private @Nullable String code;

    @Override
    public Integer call() {
        Output output = ((EventsCommand) Objects.requireNonNull(spec).root().userObject()).output();
        ErrorPages pages = ErrorPages.read();
        if (code == null) {
            ArrayNode all = JsonNodeFactory.instance.arrayNode();
            pages.titles()
                    .forEach((id, title) -> all.addObject().put("code", id).put("title", title));
            output.list(all, Columns.none().text("code").text("title"));
            return 0;
        }
        String id = code.toUpperCase(Locale.ROOT);
        String wanted = id.startsWith("EV-") ? id : "EV-" + id;
        String page = ErrorCode.byId(wanted)
                .flatMap(pages::page)
                .orElseThrow(() -> new FailedException(
                        "There is no error " + code, "codes look like EV-2004", "events explain lists all of them"));
        output.object(
                JsonNodeFactory.instance.objectNode().put("code", wanted).put("text", page),
                terminal -> terminal.print(page));
        return 0;
    }
}
