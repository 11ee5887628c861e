package io.clusterdb.events.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** The process of a {@link Side}, as the comparison sees it. */
final class SideProcess implements AutoCloseable {
    private static final int END_SECONDS = 60;

    private final Process process;
    private final BufferedWriter asks;
    private final BufferedReader answers;

    private SideProcess(Process process) {
        this.process = process;
        asks = process.outputWriter();
        answers = process.inputReader();
    }

    /**
     * Starts a side.
     *
     * @param words its name and what it is told
     * @param kafka the jars of Kafka's server, whose client the sides called kafka use
     */
    static SideProcess start(String words, Path kafka) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classpath(words.startsWith("kafka"), kafka),
                Side.class.getName()));
        command.addAll(Arrays.asList(words.split(" ")));
        return new SideProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static String classpath(boolean ofKafka, Path kafka) {
        String ours = System.getProperty("java.class.path");
        return ofKafka
                ? ours.substring(0, ours.indexOf(File.pathSeparatorChar)) + File.pathSeparator + kafka.resolve("*")
                : ours;
    }

    double round() throws IOException {
        asks.write("round\n");
        asks.flush();
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(Side.FIGURE)) {
                return Double.parseDouble(line.substring(Side.FIGURE.length()));
            }
        }
        throw new IOException("the side has ended; what it said is above");
    }

    @Override
    public void close() throws IOException {
        asks.close();
        try {
            process.onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            process.destroyForcibly();
        }
    }
}
