package io.clusterdb.events.cli;

import io.clusterdb.events.cli.Failures.FailedException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code events publish}. */
@Command(
        name = "publish",
        description = "Publishes the rows of a file: JSON documents, one a line, or CSV with a header.",
        footer = {
            "%nA row's fields are the data of its event. In CSV, a column of which every field is a number, or true",
            "or false, becomes one, and its empty fields null. Expressions are CEL over data and line.",
            "A row that can't be published is reported with its line; the rest goes on, and the exit code is 1.",
            "%nExamples:",
            "  events publish orders --file orders.ndjson --data ./data --type order.created --id data.id",
            "  events publish quakes --file quakes.csv --data ./data --time data.time --key data.network",
            "  events publish reminders --file r.ndjson --data ./data --deliver-at 'in 5m'",
            "  generate | events publish orders --file - --data ./data --key 'string(data.customer)'"
        })
final class PublishCommand extends BrokerCommand {
    @Parameters(paramLabel = "TOPIC", description = "The topic that they go to. It must be there.")
    private String topic = "";

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description = "The file; - is standard input.")
    private String file = "";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "ndjson or csv. Default: by the file's name, or by its first character.")
    private @Nullable Format format;

    @Mixin
    private EventTemplate template = new EventTemplate();

    @Option(names = "--strings", description = "CSV: keep every field as text.")
    private boolean strings;

    @Option(
            names = "--delimiter",
            paramLabel = "CHAR",
            description = "CSV: what separates fields; tab for a tab. Default: , or ; or tab or |, by the first line.")
    private @Nullable String delimiter;

    @Option(names = "--encoding", paramLabel = "NAME", description = "CSV: its encoding. Default: UTF-8.")
    private Charset encoding = StandardCharsets.UTF_8;

    @Option(names = "--strict", description = "Stop at the first row that can't be published.")
    private boolean strict;

    /** What a file can hold. */
    enum Format {
        NDJSON,
        CSV
    }

    @Override
    int run(Session session) {
        EventTemplate.Compiled compiled = template.compiled();
        session.call(request("topic.status").put("name", topic));
        Upload upload =
                new Upload(session, terminal(), () -> request("publish").put("topic", topic), compiled::event, strict);
        long begun = System.nanoTime();
        try (Input input = new Input(file, terminal().in())) {
            upload.run(rows(input), input, new Progress(terminal(), input.size()));
        } catch (NoSuchFileException e) {
            throw new FailedException(
                    "The file " + file + " can't be read", "there is no such file", "Correct the path");
        } catch (IOException e) {
            throw new FailedException(
                    "The file " + file + " can't be read",
                    e + " (" + Human.count(upload.published(), "event") + " published before)",
                    "Look at the file, and publish what is left of it");
        }
        report(upload, (System.nanoTime() - begun) / 1_000_000);
        return upload.failed() == 0 ? 0 : Failures.FAILED;
    }

    private Rows rows(Input input) throws IOException {
        boolean json = format == null ? input.isJson() : format == Format.NDJSON;
        if (json) {
            return new JsonRows(input.open());
        }
        char separator = delimiter == null ? input.delimiter() : delimiter(delimiter);
        checkEncoding();
        List<CsvRows.Type> types = null;
        if (!strings) {
            input.keep();
            types = CsvRows.of(new CsvRecords(input.open(), separator, encoding), null)
                    .types();
        }
        return CsvRows.of(new CsvRecords(input.open(), separator, encoding), types);
    }

    private char delimiter(String text) {
        String plain = text.equals("tab") || text.equals("\\t") ? "\t" : text;
        if (plain.length() != 1 || plain.charAt(0) > 0x7f || "\"\r\n".contains(plain)) {
            throw wrongUse(
                    "a delimiter is one character of ASCII, and neither a quote nor a line end; found '" + text + "'");
        }
        return plain.charAt(0);
    }

    /** Records are found by their bytes, which works where commas and quotes are single bytes. */
    private void checkEncoding() {
        if (!encoding.canEncode() || "\",\n".getBytes(encoding).length != 3) {
            throw wrongUse("a file in " + encoding.name() + " has to be converted first, for example with iconv");
        }
    }

    private void report(Upload upload, long millis) {
        ObjectNode result = request("").without(List.of("verb"));
        result.put("topic", topic)
                .put("published", upload.published())
                .put("failed", upload.failed())
                .put("millis", millis);
        long perSecond = upload.published() * 1_000 / Math.max(1, millis);
        output().object(
                        result,
                        terminal -> terminal.println(Human.count(upload.published(), "event") + " published to " + topic
                                + " in " + Human.millis(millis) + " (" + perSecond + "/s)"));
        if (upload.failed() > 0) {
            terminal().flush();
            terminal()
                    .problem("Error: " + Human.count(upload.failed(), "row") + " could not be published"
                            + (strict ? ", and nothing behind it was" : "") + "\n  Cause:    " + upload.firstFailure()
                            + (upload.failed() > 1 ? "; the others are above" : "")
                            + "\n  Solution: "
                            + (strict
                                    ? "Correct it and publish again from that line on: what stands before it is published"
                                    : "Correct these lines and publish them alone: all others are published"));
        }
    }
}
