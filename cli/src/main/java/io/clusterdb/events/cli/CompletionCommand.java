package io.clusterdb.events.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code events completion}. */
@Command(
        name = "completion",
        description = "Prints what makes a shell complete commands, options, and the names of topics and groups.",
        footer = {
            "%nExamples:",
            "  source <(events completion bash)",
            "  events completion zsh > ~/.zsh/completions/_events",
            "  events completion fish > ~/.config/fish/completions/events.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    /** Each asks the command itself what may come next, so none of them knows a command or an option. */
    enum Shell {
        BASH("""
            _events() {
              local IFS=$'\\n'
              COMPREPLY=($("${COMP_WORDS[0]}" %1$s "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
            }
            complete -o default -F _events events
            """),
        ZSH("""
            #compdef events
            _events() {
              local -a found
              found=("${(@f)$("${words[1]}" %1$s "${(@)words[2,CURRENT]}" 2>/dev/null)}")
              if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
            }
            if [[ "$funcstack[1]" = _events ]]; then _events "$@"; else compdef _events events; fi
            """),
        FISH("""
            complete -c events -a '(set -l words (commandline -opc); $words[1] %1$s $words[2..-1] (commandline -ct) 2>/dev/null)'
            """);

        private final String script;

        Shell(String script) {
            this.script = script;
        }
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private Shell shell = Shell.BASH;

    @Override
    public Integer call() {
        EventsCommand root = (EventsCommand) Objects.requireNonNull(spec).root().userObject();
        root.terminal().print(shell.script.formatted(Completion.ASKED));
        return 0;
    }
}
