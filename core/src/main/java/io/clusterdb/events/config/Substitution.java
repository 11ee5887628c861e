package io.clusterdb.events.config;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts environment variables into texts: {@code ${NAME}}, or {@code ${NAME:default}} for when it is not set.
 * Two dollar signs before the brace stand for one. What is put in is not looked at again, and is never YAML.
 */
final class Substitution {
    private static final Pattern PLACE = Pattern.compile("\\$\\$\\{|\\$\\{([^}]*)}|\\$\\{");
    private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?", Pattern.DOTALL);

    private final UnaryOperator<@Nullable String> variables;

    /** @param variables values by name; null = not set */
    Substitution(UnaryOperator<@Nullable String> variables) {
        this.variables = variables;
    }

    static Substitution fromEnvironment() {
        return new Substitution(name -> name == null ? null : System.getenv(name));
    }

    String apply(String text, Consumer<String> faults) {
        if (!text.contains("${")) {
            return text;
        }
        Matcher place = PLACE.matcher(text);
        StringBuilder all = new StringBuilder();
        while (place.find()) {
            String value = place.group().equals("$${") ? "${" : value(place.group(), place.group(1), faults);
            place.appendReplacement(all, Matcher.quoteReplacement(value));
        }
        return place.appendTail(all).toString();
    }

    private String value(String whole, @Nullable String inside, Consumer<String> faults) {
        Matcher name = NAME.matcher(inside == null ? "" : inside);
        if (!name.matches()) {
            faults.accept("found " + whole + ", allowed is ${NAME} or ${NAME:default}; write $${ for a plain ${");
            return "";
        }
        if (whole.lastIndexOf("${") > 0) {
            faults.accept("found " + whole + "...}, but a default can't hold a variable: set " + name.group(1)
                    + ", or write a plain text as the default");
            return "";
        }
        String value = variables.apply(name.group(1));
        String fallback = name.group(2);
        if (value == null && fallback == null) {
            faults.accept(name.group(1) + " is not set in the environment; set it, or write ${" + name.group(1)
                    + ":default}");
        }
        return value != null ? value : fallback != null ? fallback : "";
    }
}
