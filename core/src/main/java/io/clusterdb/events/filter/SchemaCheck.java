package io.clusterdb.events.filter;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.NullableType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.common.types.TypeParamType;
import dev.cel.compiler.CelCompilerBuilder;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import io.clusterdb.events.spi.Spelling;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a condition fits the data it is about. CEL's own checker says it, for a compilation that is thrown away: what
 * is run knows data as a tree. Used once.
 *
 * <p>It asks no more than that there is a chance to match. Any field may be null. JSON writes 12.0 as 12, so a decimal
 * counts as either kind of number, whichever makes the expression right.
 */
final class SchemaCheck {
    private static final Pattern UNKNOWN_FIELD = Pattern.compile("undefined field '(.*)'");

    private final String text;
    private final Map<String, CelType> names;
    private final Map<Long, CelExpr> selections;
    private final Set<String> selected;
    private final Set<String> fields = new TreeSet<>();
    private final Map<String, CelType> objects = new HashMap<>();

    private SchemaCheck(String text, Map<String, CelType> names, CelAbstractSyntaxTree tree) {
        this.text = text;
        this.names = names;
        this.selections = CelNavigableAst.fromAst(tree)
                .getRoot()
                .allNodes()
                .filter(node -> node.getKind() == Kind.SELECT)
                .collect(Collectors.toMap(CelNavigableExpr::id, CelNavigableExpr::expr));
        this.selected = selections.values().stream()
                .map(selection -> selection.select().field())
                .collect(Collectors.toSet());
    }

    /**
     * @param names of what the expression is about, {@code data} among them
     * @throws RejectedException naming the unknown field, or the place where kinds don't go together
     */
    static void check(
            String text, Map<String, CelType> names, CelAbstractSyntaxTree tree, DataType data, String schemas) {
        SchemaCheck check = new SchemaCheck(text, names, tree);
        String fault = check.fault(data, SimpleType.DOUBLE);
        if (fault != null && check.fault(data, SimpleType.INT) != null) {
            throw RejectedException.badExpression(text, fault + " (by the " + schemas + ")");
        }
    }

    private @Nullable String fault(DataType data, CelType decimal) {
        objects.clear();
        Map<String, CelType> known = new TreeMap<>(names);
        known.put("data", type("data", data, decimal));
        CelCompilerBuilder compiler =
                Expression.compiler(known).setTypeProvider(new Objects(ImmutableMap.copyOf(objects)));
        allowMore(compiler);
        try {
            CelType result = compiler.build().compile(text).getAst().getResultType();
            return isCondition(result)
                    ? null
                    : "its value is " + plain(result.name()) + ", a condition is true or false";
        } catch (CelValidationException e) {
            return e.getErrors().stream().map(this::plain).collect(Collectors.joining("; "));
        }
    }

    /** What works for trees and CEL's types do not say: objects can be asked like maps, and lists may be null. */
    private void allowMore(CelCompilerBuilder compiler) {
        CelType list = ListType.create(TypeParamType.create("E"));
        for (String equality : List.of("_==_", "_!=_")) {
            compiler.addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                    equality,
                    overload(equality + "list_null", SimpleType.BOOL, list, SimpleType.NULL_TYPE),
                    overload(equality + "null_list", SimpleType.BOOL, SimpleType.NULL_TYPE, list)));
        }
        objects.forEach((name, object) -> compiler.addFunctionDeclarations(
                CelFunctionDecl.newFunctionDeclaration(
                        "_[_]", overload("index " + name, SimpleType.DYN, object, SimpleType.STRING)),
                CelFunctionDecl.newFunctionDeclaration(
                        "@in", overload("in " + name, SimpleType.BOOL, SimpleType.STRING, object)),
                CelFunctionDecl.newFunctionDeclaration("size", overload("size " + name, SimpleType.INT, object))));
    }

    private static CelOverloadDecl overload(String id, CelType result, CelType... parameters) {
        return CelOverloadDecl.newGlobalOverload(id, result, parameters);
    }

    private static boolean isCondition(CelType result) {
        return result.equals(SimpleType.DYN)
                || result.equals(SimpleType.BOOL)
                || result.equals(NullableType.create(SimpleType.BOOL));
    }

    // --- what is known of data, in CEL's types

    private CelType type(String path, DataType type, CelType decimal) {
        return switch (type) {
            case DataType.Any any -> SimpleType.DYN;
            case DataType.Text t -> NullableType.create(SimpleType.STRING);
            case DataType.Whole w -> NullableType.create(SimpleType.INT);
            case DataType.Decimal d -> NullableType.create(decimal);
            case DataType.Truth t -> NullableType.create(SimpleType.BOOL);
            case DataType.Repeated(DataType of) -> ListType.create(type(path + "[]", of, decimal));
            case DataType.Fields object -> object(path, object, decimal);
        };
    }

    /** An object; an open one has whatever field the expression asks for. */
    private CelType object(String path, DataType.Fields object, CelType decimal) {
        if (object.fields().isEmpty() && object.open()) {
            return SimpleType.DYN;
        }
        fields.addAll(object.fields().keySet());
        Map<String, CelType> types = new HashMap<>();
        if (object.open()) {
            selected.forEach(field -> types.put(field, SimpleType.DYN));
        }
        object.fields().forEach((field, of) -> types.put(field, type(path + "." + field, of, decimal)));
        ImmutableMap<String, CelType> all = ImmutableMap.copyOf(types);
        String name = "{" + path + "}";
        CelType type = StructType.create(name, all.keySet(), field -> Optional.ofNullable(all.get(field)));
        objects.put(name, type);
        return type;
    }

    /** The types of objects, by names that no expression can say. */
    private record Objects(ImmutableMap<String, CelType> byName) implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return byName.values();
        }

        @Override
        public Optional<CelType> findType(String name) {
            return Optional.ofNullable(byName.get(name));
        }
    }

    // --- what is said of a fault

    private String plain(CelIssue issue) {
        Matcher unknown = UNKNOWN_FIELD.matcher(issue.getMessage());
        if (!unknown.matches()) {
            return plain(issue.getMessage());
        }
        String name = unknown.group(1);
        CelExpr selection = selections.get(issue.getExprId());
        String guess = Spelling.nearest(name, fields)
                .map(near -> ", did you mean " + near)
                .orElse("");
        return "there is no field " + (selection == null ? name : path(selection)) + guess;
    }

    /** As it is written in the expression. */
    private static String path(CelExpr expression) {
        return switch (expression.getKind()) {
            case SELECT ->
                path(expression.select().operand()) + "." + expression.select().field();
            case IDENT -> expression.ident().name();
            case CALL -> path(expression.call().args().getFirst()) + "[]";
            default -> "";
        };
    }

    /** Without the overloads that would have been right, and without the word for what may be null. */
    private static String plain(String message) {
        int candidates = message.indexOf(" (candidates");
        return (candidates < 0 ? message : message.substring(0, candidates)).replaceAll("wrapper\\((\\w+)\\)", "$1");
    }
}
