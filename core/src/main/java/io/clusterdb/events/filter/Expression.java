package io.clusterdb.events.filter;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelErrorCode;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelVariableResolver;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An expression in the Common Expression Language (CEL), compiled and type-checked once. Immutable and thread-safe.
 *
 * <p>Its cost is bounded: at most 4,096 characters, 100 levels deep, 10,000 rounds of comprehensions (exists, all, map,
 * filter) per evaluation, and regular expressions of linear time (RE2). Numbers of different types compare, and
 * whole ones are added to others and the like.
 */
public final class Expression {
    private static final int MAX_CHARACTERS = 4_096;

    private static final CelOptions OPTIONS = CelOptions.current()
            .enableHeterogeneousNumericComparisons(true)
            .maxExpressionCodePointSize(MAX_CHARACTERS)
            .maxParseRecursionDepth(100)
            .comprehensionMaxIterations(10_000)
            .maxRegexProgramSize(2_000)
            .build();

    private static final CelRuntime RUNTIME = MixedNumbers.bound(
                    CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS))
            .build();

    private static final Map<String, CelType> EVENT = new TreeMap<>(Map.of(
            "id", SimpleType.STRING,
            "type", SimpleType.STRING,
            "source", SimpleType.STRING,
            "subject", SimpleType.STRING,
            "time", SimpleType.TIMESTAMP,
            "key", SimpleType.STRING,
            "data", SimpleType.DYN,
            "metadata", MapType.create(SimpleType.STRING, SimpleType.STRING),
            "topic", SimpleType.STRING,
            "partition", SimpleType.INT));

    private static final Map<String, CelType> PUBLISHED = new TreeMap<>(EVENT);

    private static final Map<String, CelType> STORED = new TreeMap<>(EVENT);

    static {
        EVENT.put("offset", SimpleType.INT);
        PUBLISHED.remove("partition");
        STORED.keySet().removeAll(List.of("topic", "partition"));
        STORED.putAll(Map.of(
                "aggregateId", SimpleType.STRING,
                "aggregateType", SimpleType.STRING,
                "version", SimpleType.INT,
                "position", SimpleType.INT));
    }

    private final String text;
    private final CelAbstractSyntaxTree tree;
    private final CelRuntime.Program program;

    private Expression(String text, CelAbstractSyntaxTree tree, CelRuntime.Program program) {
        this.text = text;
        this.tree = tree;
        this.program = program;
    }

    /**
     * A condition over an event, with the names of {@link io.clusterdb.events.Filter}.
     *
     * @throws RejectedException when it can't be parsed, uses an unknown name, or is no condition
     */
    public static Expression condition(String text) {
        return compile(text, EVENT, true);
    }

    /**
     * A condition over an event that is yet to be appended: {@link #condition} without {@code partition} and {@code
     * offset}.
     *
     * @throws RejectedException as {@link #condition}
     */
    public static Expression route(String text) {
        return compile(text, PUBLISHED, true);
    }

    /**
     * A condition over a document: {@code key} and {@code data}.
     *
     * @throws RejectedException as {@link #condition}
     */
    public static Expression document(String text) {
        return compile(text, Map.of("key", SimpleType.STRING, "data", SimpleType.DYN), true);
    }

    /**
     * A condition over an event of a store, with the names of {@link io.clusterdb.events.AllEvents#where}.
     *
     * @throws RejectedException as {@link #condition}
     */
    public static Expression stored(String text) {
        return compile(text, STORED, true);
    }

    /** As {@link #stored(String)}, checked as {@link #condition(String, DataType, String)} is. */
    public static Expression stored(String text, DataType data, String schemas) {
        return checked(stored(text), STORED, data, schemas);
    }

    /**
     * As {@link #condition(String)}, checked against what is known of the data.
     *
     * @param schemas those that say it, for errors
     * @throws RejectedException also when it asks for a field that data never has, or compares what can't be compared
     */
    public static Expression condition(String text, DataType data, String schemas) {
        return checked(condition(text), EVENT, data, schemas);
    }

    private static Expression checked(
            Expression expression, Map<String, CelType> names, DataType data, String schemas) {
        SchemaCheck.check(expression.text, names, expression.tree, data, schemas);
        return expression;
    }

    /**
     * An expression of any type over names of any type.
     *
     * @throws RejectedException as {@link #condition}
     */
    public static Expression over(String text, String... names) {
        Map<String, CelType> types = new TreeMap<>();
        for (String name : names) {
            types.put(name, SimpleType.DYN);
        }
        return compile(text, types, false);
    }

    /** A compiler that knows these names. */
    static CelCompilerBuilder compiler(Map<String, CelType> names) {
        CelCompilerBuilder compiler = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS);
        names.forEach(compiler::addVar);
        return MixedNumbers.declared(compiler);
    }

    private static Expression compile(String text, Map<String, CelType> names, boolean condition) {
        try {
            CelAbstractSyntaxTree tree = compiler(names).build().compile(text).getAst();
            CelType type = tree.getResultType();
            if (condition && !type.equals(SimpleType.BOOL) && !type.equals(SimpleType.DYN)) {
                throw noCondition(text, "of type " + type.name());
            }
            if (condition && MixedNumbers.isArithmetic(tree.getExpr())) {
                throw noCondition(text, "what an arithmetic operator gives");
            }
            return new Expression(text, tree, RUNTIME.createProgram(tree));
        } catch (CelValidationException e) {
            throw RejectedException.badExpression(
                    text, String.valueOf(e.getMessage()).strip());
        } catch (CelEvaluationException e) {
            throw RejectedException.badExpression(text, String.valueOf(e.getMessage()));
        }
    }

    private static RejectedException noCondition(String text, String value) {
        return RejectedException.badExpression(text, "its value is " + value + ", a condition is true or false");
    }

    /** What a condition says of an event. */
    public enum Match {
        YES,
        NO,
        /** It can't be said: a field is missing or of another type. Counts as no. */
        UNDEFINED
    }

    /**
     * Whether the condition is true.
     *
     * @throws io.clusterdb.events.spi.MalformedBytesException or another exception of the values' own when these can't
     *     be read
     */
    public Match matches(Values values) {
        try {
            Object value = evaluate(values);
            if (value instanceof Boolean b) {
                return b ? Match.YES : Match.NO;
            }
            return Match.UNDEFINED;
        } catch (CelEvaluationException e) {
            if (e.getErrorCode() == CelErrorCode.INTERNAL_ERROR && e.getCause() instanceof RejectedException rejected) {
                throw rejected;
            }
            return Match.UNDEFINED;
        }
    }

    /** The value for these names; null when it has none, such as where a field is missing, and when it is null. */
    public @Nullable Object value(Map<String, ?> names) {
        try {
            Object value = evaluate(name -> names.get(name));
            return value instanceof NullValue ? null : value;
        } catch (CelEvaluationException e) {
            return null;
        }
    }

    private Object evaluate(Values values) throws CelEvaluationException {
        CelVariableResolver resolver = name -> Optional.ofNullable(celValue(values.value(name)));
        return program.eval(resolver);
    }

    private static @Nullable Object celValue(@Nullable Object value) {
        return value instanceof Integer i ? (Object) i.longValue() : value;
    }

    /** JSON as expressions see it; null when there is none at all. */
    public static @Nullable Object json(JsonNode node) {
        return node.isNull() || node.isMissingNode() ? null : plain(node);
    }

    /** A null within is a value of its own: without it, nothing could be asked of what stands beside. */
    private static Object plain(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            node.forEachEntry((name, value) -> map.put(name, plain(value)));
            return map;
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(value -> list.add(plain(value)));
            return list;
        }
        if (node.isNumber()) {
            boolean whole = node.isIntegralNumber() && node.canConvertToLong();
            return whole ? (Object) node.longValue() : (Object) node.doubleValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isNull() ? NullValue.NULL_VALUE : node.asString();
    }

    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }

    /**
     * What the names in an expression stand for: strings, longs, doubles, booleans, {@link Instant}s, lists and maps.
     * Asked only for the names that the evaluation needs.
     */
    @FunctionalInterface
    public interface Values {
        /** Null = not there. */
        @Nullable
        Object value(String name);
    }
}
