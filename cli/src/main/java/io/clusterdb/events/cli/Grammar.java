package io.clusterdb.events.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;

/**
 * Which commands there are. Of each level, only the command that the arguments name is made; where they name none all of
 * that level are, to be listed, and nothing below: making the model of every command takes longer than most commands do.
 */
final class Grammar {
    /**
     * A command with those below it.
     *
     * @param type a class that picocli can make, with a constructor without parameters
     */
    private record Entry(String name, Class<?> type, List<Entry> below) {
        Entry(String name, Class<?> type, Entry... below) {
            this(name, type, List.of(below));
        }
    }

    private static final List<Entry> COMMANDS = List.of(
            new Entry(
                    "topic",
                    TopicCommand.class,
                    new Entry("create", TopicCommand.Create.class),
                    new Entry("list", TopicCommand.ListAll.class),
                    new Entry("status", TopicCommand.Status.class),
                    new Entry("alter", TopicCommand.Alter.class),
                    new Entry("delete", TopicCommand.Delete.class)),
            new Entry("publish", PublishCommand.class),
            new Entry("consume", ConsumeCommand.class),
            new Entry(
                    "consumer",
                    ConsumerCommand.class,
                    new Entry("create", ConsumerCommand.Create.class),
                    new Entry("alter", ConsumerCommand.Alter.class),
                    new Entry("delete", ConsumerCommand.Delete.class),
                    new Entry("list", ConsumerCommand.ListAll.class),
                    new Entry("lag", ConsumerCommand.Lag.class),
                    new Entry("reset", ConsumerCommand.Reset.class)),
            new Entry("logs", LogsCommand.class, new Entry("show", LogsCommand.Show.class)),
            new Entry(
                    "store",
                    StoreCommand.class,
                    new Entry("create", StoreCommand.Create.class),
                    new Entry("list", StoreCommand.ListAll.class),
                    new Entry("append", StoreCommand.Append.class),
                    new Entry("events", StoreCommand.Show.class),
                    new Entry("load", StoreCommand.Load.class),
                    new Entry("snapshot", StoreCommand.Snapshots.class),
                    new Entry("schemas", StoreCommand.Schemas.class),
                    new Entry("streams", StoreCommand.Streams.class),
                    new Entry(
                            "projections",
                            ProjectionsCommand.class,
                            new Entry("list", ProjectionsCommand.ListAll.class),
                            new Entry("rebuild", ProjectionsCommand.Rebuild.class),
                            new Entry("skip", ProjectionsCommand.Skip.class),
                            new Entry("skipped", ProjectionsCommand.Skipped.class))),
            new Entry(
                    "dlq",
                    DlqCommand.class,
                    new Entry("list", DlqCommand.ListAll.class),
                    new Entry("show", DlqCommand.Show.class),
                    new Entry("replay", DlqCommand.Replay.class),
                    new Entry("purge", DlqCommand.Purge.class)),
            new Entry(
                    "tx",
                    TxCommand.class,
                    new Entry("list", TxCommand.ListAll.class),
                    new Entry("abort", TxCommand.Abort.class)),
            new Entry(
                    "schema",
                    SchemaCommand.class,
                    new Entry("register", SchemaCommand.Register.class),
                    new Entry("check", SchemaCommand.Check.class),
                    new Entry("list", SchemaCommand.ListAll.class),
                    new Entry("show", SchemaCommand.Show.class),
                    new Entry("diff", SchemaDiffCommand.class)),
            new Entry(
                    "schedule",
                    ScheduleCommand.class,
                    new Entry("list", ScheduleCommand.ListAll.class),
                    new Entry("show", ScheduleCommand.Show.class),
                    new Entry("cancel", ScheduleCommand.Cancel.class)),
            new Entry(
                    "config",
                    ConfigCommand.class,
                    new Entry("show", ConfigCommand.Show.class),
                    new Entry("check", ConfigCommand.Check.class),
                    new Entry("schema", ConfigSchemaCommand.class)),
            new Entry("explain", ExplainCommand.class),
            new Entry("completion", CompletionCommand.class),
            new Entry(
                    "bench",
                    BenchCommand.class,
                    new Entry("publish", BenchCommand.Publish.class),
                    new Entry("consume", BenchCommand.Consume.class)),
            new Entry("demo", DemoCommand.class),
            new Entry("help", HelpCommand.class));

    /** Options of the root whose value is a word of its own, and no command. */
    private static final Set<String> WITH_VALUE = Set.of("-c", "--config", "--data", "-o", "--output");

    /** The first word where it says all. */
    private static final Set<String> ALONE = Set.of("-V", "--version");

    private Grammar() {}

    /** The root with what is needed below it. */
    static CommandLine line(Terminal terminal, String... arguments) {
        CommandLine root = new CommandLine(new EventsCommand(terminal));
        List<String> words = Arrays.asList(arguments);
        if (words.contains("help")) {
            addAll(root, COMMANDS);
        } else if (words.isEmpty() || !ALONE.contains(words.get(0))) {
            addNamed(root, COMMANDS, words.iterator());
        }
        // Not an attribute of the root command, as those below it would inherit it.
        root.getCommandSpec()
                .usageMessage()
                .footer(
                        "%nFirst steps, in a folder that is made for it:",
                        "  events topic create orders --data ./data",
                        "  echo '{\"total\": 12.5}' | events publish orders --file - --data ./data",
                        "  events logs show --topic orders --data ./data");
        return root;
    }

    private static void addAll(CommandLine parent, List<Entry> entries) {
        for (Entry entry : entries) {
            CommandLine command = new CommandLine(entry.type());
            addAll(command, entry.below());
            parent.addSubcommand(entry.name(), command);
        }
    }

    private static void addNamed(CommandLine parent, List<Entry> entries, Iterator<String> words) {
        int named = named(entries, words);
        if (named < 0) {
            entries.forEach(entry -> parent.addSubcommand(entry.name(), new CommandLine(entry.type())));
        } else {
            CommandLine command = new CommandLine(entries.get(named).type());
            addNamed(command, entries.get(named).below(), words);
            parent.addSubcommand(entries.get(named).name(), command);
        }
    }

    /** The command of this level that is the first among the words: before it stand options and their values. */
    private static int named(List<Entry> entries, Iterator<String> words) {
        while (words.hasNext()) {
            String word = words.next();
            if (WITH_VALUE.contains(word) && words.hasNext()) {
                words.next();
            }
            for (int i = 0; i < entries.size(); i++) {
                if (entries.get(i).name().equals(word)) {
                    return i;
                }
            }
        }
        return -1;
    }
}
