package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Completion as a shell has it: the script is read by a real bash, which is given a line that is being typed. */
@Timeout(300)
class CompletionTest {
    @TempDir
    private Path home;

    private String data = "";

    @BeforeEach
    void commandOnThePath() throws IOException {
        data = home.resolve("data").toString();
        Path command = home.resolve("events");
        String line = Run.commandLine(List.of()).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        Files.writeString(command, "#!/usr/bin/env bash\nexec " + line + " \"$@\"\n");
        assertThat(command.toFile().setExecutable(true)).isTrue();
    }

    /** What bash offers for a line, whose last word is begun. */
    private List<String> completed(String... words) throws IOException {
        String line = Stream.of(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        String script = "set -eu; source <(events completion bash); complete -p events >/dev/null; "
                + "COMP_WORDS=(events " + line + "); COMP_CWORD=" + words.length
                + "; _events; printf '%s\\n' \"${COMPREPLY[@]}\"";
        ProcessBuilder bash = new ProcessBuilder("bash", "-c", script)
                .directory(home.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        bash.environment().keySet().removeIf(name -> name.startsWith("EVENTS_"));
        bash.environment().merge("PATH", home.toString(), (path, own) -> own + ":" + path);
        Process process = bash.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.onExit().join().exitValue()).as(said).isZero();
        return said.lines().toList();
    }

    @Test
    void bash_completes_commands_options_and_words() throws IOException {
        assertThat(completed("to")).containsExactly("topic");
        assertThat(completed("schema", "")).containsExactly("check", "diff", "list", "register", "show");
        assertThat(completed("topic", "create", "orders", "--comp"))
                .containsExactly("--compatibility", "--compression");
        assertThat(completed("topic", "list", "-o", "j")).containsExactly("json");
        assertThat(completed("completion", "")).containsExactly("bash", "fish", "zsh");
    }

    @Test
    void bash_completes_the_names_of_topics_and_groups_in_the_folder() throws IOException {
        for (String topic : List.of("orders", "order-lines", "payments")) {
            assertThat(Run.events("topic", "create", topic, "--data", data).exit())
                    .isZero();
        }
        assertThat(Run.events("consumer", "create", "shippers", "orders", "--data", data)
                        .exit())
                .isZero();

        assertThat(completed("--data", data, "topic", "status", "ord")).containsExactly("order-lines", "orders");
        assertThat(completed("logs", "show", "--data", "=", data, "--topic", "p"))
                .containsExactly("payments");
        assertThat(completed("consumer", "lag", "--data", data, "")).containsExactly("shippers");
        assertThat(completed(
                        "topic", "status", "--data", home.resolve("nowhere").toString(), ""))
                .containsExactly("");
    }

    @Test
    void the_scripts_of_other_shells_ask_as_bash_does() throws IOException {
        assertThat(Run.events("completion", "zsh").out()).contains("#compdef events", Completion.ASKED);
        assertThat(Run.events("completion", "fish").out()).contains("complete -c events", Completion.ASKED);
        assertThat(Run.events("completion", "csh").exit()).isEqualTo(2);
    }
}
