package io.clusterdb.events.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What a comparison has measured, as it is checked in. */
record Results(
        String workload,
        String title,
        String unit,
        String machine,
        String date,
        String command,
        Map<String, Figures> subjects) {
    /** Of the rounds of one subject. */
    record Figures(double median, double min, double max) {
        static Figures of(List<Double> rounds) {
            double[] sorted =
                    rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return new Figures(
                    rounded(sorted[sorted.length / 2]), rounded(sorted[0]), rounded(sorted[sorted.length - 1]));
        }

        /** To four digits: more would say that the machine is quieter than it is. */
        private static double rounded(double value) {
            double unit = Math.pow(10, Math.floor(Math.log10(value)) - 3);
            return Math.round(Math.round(value / unit) * unit * 100) / 100.0;
        }
    }

    static Results of(Workload workload, String command, Map<String, List<Double>> rounds) throws IOException {
        Map<String, Figures> subjects = new LinkedHashMap<>();
        rounds.forEach((subject, figures) -> subjects.put(subject, Figures.of(figures)));
        return new Results(
                workload.name(),
                workload.title(),
                workload.unit(),
                thisMachine(),
                LocalDate.now(ZoneOffset.UTC).toString(),
                command.strip(),
                subjects);
    }

    private static String thisMachine() throws IOException {
        String memory = Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "");
        return "%d cores, %d GiB, %s %s, JDK %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        Math.round(Long.parseLong(memory) / 1024.0 / 1024.0),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"),
                        System.getProperty("java.specification.version"));
    }

    /** The medians, and how many times better Events is than each of the others. */
    void printTo(PrintStream out) {
        Figures events = subjects.values().iterator().next();
        subjects.forEach((subject, figures) -> {
            double ratio = unit.equals(Workload.RATE) ? events.median / figures.median : figures.median / events.median;
            out.printf(
                    "  %-18s median %,14.1f   min %,14.1f   max %,14.1f   Events is %.2f times as fast%n",
                    subject, figures.median, figures.min, figures.max, ratio);
        });
    }

    void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        String text = JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(this);
        Files.writeString(folder.resolve(workload + ".json"), text + "\n");
    }
}
