package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Understands a definition. Avro's own parser has the last word, but does not say where a fault is: what is usually wrong
 * is found before it, with its place as a JSON pointer.
 */
final class AvroDefinition {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Set<String> PRIMITIVES =
            Set.of("null", "boolean", "int", "long", "float", "double", "bytes", "string");

    /** More than fits an event; Avro takes as much memory for the default of a field. */
    private static final int MAX_FIXED = 64 << 20;

    private final Set<String> names = new HashSet<>();

    private AvroDefinition() {}

    static Schema parse(String definition) {
        new AvroDefinition().check(json(definition), "", "");
        try {
            return new Schema.Parser(NameValidator.STRICT_VALIDATOR)
                    .setValidateDefaults(true)
                    .parse(definition);
        } catch (RuntimeException e) { // of Avro's, or of what it reads numbers and JSON with
            throw new SchemaException("", "an Avro schema", String.valueOf(e.getMessage()), e);
        } catch (StackOverflowError e) {
            throw new SchemaException("", "an Avro schema of a depth that fits the stack", "a deeper one", e);
        }
    }

    private static JsonNode json(String definition) {
        try {
            return JSON.readTree(definition);
        } catch (JacksonException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " (line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ")";
            throw new SchemaException("", "JSON", e.getOriginalMessage() + place, e);
        }
    }

    private void check(JsonNode node, String path, String namespace) {
        if (node.isString()) {
            checkReference(node.stringValue(), path, namespace);
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                check(node.get(i), path + "/" + i, namespace);
            }
        } else if (node.isObject()) {
            checkObject(node, path, namespace);
        } else {
            throw new SchemaException(path, "a type: its name, an object, or a list of types", Misfit.found(node));
        }
    }

    private void checkReference(String name, String path, String namespace) {
        boolean isKnown = PRIMITIVES.contains(name) || names.contains(name) || names.contains(full(name, namespace));
        if (!isKnown) {
            String known =
                    Stream.concat(PRIMITIVES.stream(), names.stream()).sorted().collect(Collectors.joining(", "));
            throw new SchemaException(path, "the name of a type: " + known, Misfit.found(name));
        }
    }

    private void checkObject(JsonNode node, String path, String namespace) {
        JsonNode type = required(node, "type", path);
        if (!type.isString()) {
            check(type, path + "/type", namespace);
            return;
        }
        switch (type.stringValue()) {
            case "record", "error" -> checkFields(node, path, named(node, path, namespace));
            case "enum" -> {
                named(node, path, namespace);
                checkSymbols(node, path);
            }
            case "fixed" -> {
                named(node, path, namespace);
                JsonNode size = required(node, "size", path);
                boolean isSize = size.isIntegralNumber() && size.canConvertToInt() && size.intValue() >= 0;
                expect(isSize && size.intValue() <= MAX_FIXED, path + "/size", "0 to " + MAX_FIXED + " bytes", size);
            }
            case "array" -> check(required(node, "items", path), path + "/items", namespace);
            case "map" -> check(required(node, "values", path), path + "/values", namespace);
            default -> checkReference(type.stringValue(), path + "/type", namespace);
        }
        checkLogical(node, type.stringValue(), path);
    }

    /** Gives the namespace inside of it. */
    private String named(JsonNode node, String path, String namespace) {
        JsonNode name = required(node, "name", path);
        expect(name.isString(), path + "/name", "a name", name);
        JsonNode space = node.get("namespace");
        expect(space == null || space.isString(), path + "/namespace", "a namespace", space);
        String full = full(name.stringValue(), space == null ? namespace : space.stringValue());
        for (String part : full.split("\\.", -1)) {
            checkName(part, path + "/name");
        }
        expect(names.add(full), path + "/name", "a name that is not taken", name);
        return full.contains(".") ? full.substring(0, full.lastIndexOf('.')) : "";
    }

    private void checkFields(JsonNode node, String path, String namespace) {
        JsonNode fields = required(node, "fields", path);
        expect(fields.isArray(), path + "/fields", "a list of fields", fields);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < fields.size(); i++) {
            JsonNode field = fields.get(i);
            String at = path + "/fields/" + i;
            expect(field.isObject(), at, "a field: an object with name and type", field);
            JsonNode name = required(field, "name", at);
            expect(name.isString(), at + "/name", "a name", name);
            checkName(name.stringValue(), at + "/name");
            expect(seen.add(name.stringValue()), at + "/name", "a name that no other field has", name);
            JsonNode type = required(field, "type", at);
            check(type, at + "/type", namespace);
            checkDefault(field, at);
        }
    }

    /** Of types without names only: the others are known when all of the definition is. */
    private static void checkDefault(JsonNode field, String path) {
        JsonNode value = field.get("default");
        JsonNode type = field.get("type");
        if (value == null || !type.isString()) {
            return;
        }
        boolean fits = switch (type.stringValue()) {
            case "null" -> value.isNull();
            case "boolean" -> value.isBoolean();
            case "int" -> value.isIntegralNumber() && value.canConvertToInt();
            case "long" -> value.isIntegralNumber() && value.canConvertToLong();
            case "float", "double" -> value.isNumber();
            case "bytes", "string" -> value.isString();
            default -> true;
        };
        expect(fits, path + "/default", "a default of type " + type.stringValue(), value);
    }

    private static void checkSymbols(JsonNode node, String path) {
        JsonNode symbols = required(node, "symbols", path);
        expect(symbols.isArray(), path + "/symbols", "a list of names", symbols);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < symbols.size(); i++) {
            JsonNode symbol = symbols.get(i);
            String at = path + "/symbols/" + i;
            expect(symbol.isString(), at, "a name", symbol);
            checkName(symbol.stringValue(), at);
            expect(seen.add(symbol.stringValue()), at, "a symbol that is not in the list yet", symbol);
        }
        JsonNode fallback = node.get("default");
        boolean isSymbol = fallback == null || (fallback.isString() && seen.contains(fallback.stringValue()));
        expect(isSymbol, path + "/default", "one of the symbols " + seen, fallback);
    }

    /** A known logical type that does not fit would be ignored by Avro, and data be written as something else. */
    private static void checkLogical(JsonNode node, String type, String path) {
        JsonNode logical = node.get("logicalType");
        if (logical == null || !logical.isString() || !AvroLogical.isKnown(logical.stringValue())) {
            return;
        }
        Schema alone;
        try {
            alone = new Schema.Parser().parse(node.toString());
        } catch (RuntimeException e) { // it has names of types outside of it, or is refused by the whole's parser
            return;
        }
        if (alone.getLogicalType() == null) {
            String expected = "a logical type for " + type + ", in its limits";
            throw new SchemaException(path + "/logicalType", expected, Misfit.found(node));
        }
    }

    private static void checkName(String name, String path) {
        NameValidator.Result result = NameValidator.STRICT_VALIDATOR.validate(name);
        if (!result.isOK()) {
            throw new SchemaException(path, "a name of letters, digits and underscores", Misfit.found(name));
        }
    }

    private static JsonNode required(JsonNode node, String name, String path) {
        JsonNode value = node.get(name);
        if (value == null) {
            throw new SchemaException(path + "/" + name, "a value", "nothing in " + Misfit.found(node));
        }
        return value;
    }

    private static void expect(boolean isRight, String path, String expected, @Nullable JsonNode found) {
        if (!isRight) {
            throw new SchemaException(path, expected, Misfit.found(found));
        }
    }

    private static String full(String name, String namespace) {
        return name.contains(".") || namespace.isEmpty() ? name : namespace + "." + name;
    }
}
