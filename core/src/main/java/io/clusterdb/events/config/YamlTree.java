package io.clusterdb.events.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads YAML into {@link Node}s that know their lines. What YAML allows but a configuration should not rely on is a
 * fault: a key given twice, aliases, a second document.
 */
final class YamlTree {
    private static final YAMLFactory YAML = new YAMLFactory();
    private static final int MAX_DEPTH = 50;

    private final YAMLParser parser;
    private final Substitution substitution;
    private final Faults faults;

    private YamlTree(YAMLParser parser, Substitution substitution, Faults faults) {
        this.parser = parser;
        this.substitution = substitution;
        this.faults = faults;
    }

    /** The document; empty when it can't be parsed, which is then a fault. */
    static Optional<Node> read(String yaml, Substitution substitution, Faults faults) {
        try (YAMLParser parser = (YAMLParser) YAML.createParser(ObjectReadContext.empty(), yaml)) {
            if (parser.nextToken() == null) {
                return Optional.of(Node.ABSENT);
            }
            Node root = new YamlTree(parser, substitution, faults).node("", 0);
            if (parser.nextToken() != null) {
                faults.add(parser.currentTokenLocation().getLineNr(), "---", "found a second document, allowed is one");
            }
            return Optional.of(root);
        } catch (JacksonException e) {
            unparsable(e, faults);
            return Optional.empty();
        }
    }

    private static void unparsable(JacksonException e, Faults faults) {
        if (e.getCause() instanceof MarkedYamlEngineException marked) {
            int line = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            String context = marked.getContext() == null ? "" : marked.getContext() + ": ";
            faults.add(line, "YAML", context + marked.getProblem());
        } else {
            faults.add(0, "YAML", String.valueOf(e.getOriginalMessage()).replaceAll("\\s*\\R\\s*", " "));
        }
    }

    private Node node(String path, int depth) {
        int line = parser.currentTokenLocation().getLineNr();
        if (depth > MAX_DEPTH) {
            faults.add(line, path, "nested deeper than " + MAX_DEPTH + " levels");
            parser.skipChildren();
            return new Node(null, line);
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return new Node(map(path, depth), line);
        }
        if (token == JsonToken.START_ARRAY) {
            List<Node> list = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                list.add(node(path + "[" + list.size() + "]", depth + 1));
            }
            return new Node(list, line);
        }
        return new Node(scalar(path, line, token), line);
    }

    private Map<String, Node> map(String path, int depth) {
        Map<String, Node> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            String below = path.isEmpty() ? key : path + "." + key;
            parser.nextToken();
            int line = parser.currentTokenLocation().getLineNr();
            Node before = map.put(key, node(below, depth + 1));
            if (before != null) {
                faults.add(line, below, "given twice, first on line " + before.line());
            }
        }
        return map;
    }

    private @Nullable Object scalar(String path, int line, @Nullable JsonToken token) {
        if (parser.isCurrentAlias()) {
            faults.add(line, path, "found the alias *" + parser.getString() + ", allowed is the value itself");
            return null;
        }
        return switch (token) {
            case VALUE_STRING -> substitution.apply(parser.getString(), what -> faults.add(line, path, what));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> null;
        };
    }
}
