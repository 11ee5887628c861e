package io.clusterdb.events.filter;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload.Binary;
import dev.cel.runtime.CelRuntimeBuilder;
import java.util.List;
import java.util.Set;

/**
 * Arithmetic of a whole number and another one, as of two that are not whole. CEL has none, but who asks for {@code
 * data.total * 2} can't know whether the total is written as 12 or 12.5.
 */
final class MixedNumbers {
    private static final String WHOLE_SECOND = "double_int";
    private static final String WHOLE_FIRST = "int_double";
    private static final Set<String> ARITHMETIC = Set.of("_+_", "_-_", "_*_", "_/_", "_%_", "-_");

    private MixedNumbers() {}

    static CelCompilerBuilder declared(CelCompilerBuilder compiler) {
        for (String operator : List.of("_+_", "_-_", "_*_", "_/_")) {
            compiler.addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                    operator,
                    CelOverloadDecl.newGlobalOverload(
                            operator + WHOLE_SECOND, SimpleType.DOUBLE, SimpleType.DOUBLE, SimpleType.INT),
                    CelOverloadDecl.newGlobalOverload(
                            operator + WHOLE_FIRST, SimpleType.DOUBLE, SimpleType.INT, SimpleType.DOUBLE)));
        }
        return compiler;
    }

    /** Whether the value of an expression is what an arithmetic operator gives, whatever the types of its operands. */
    static boolean isArithmetic(CelExpr expression) {
        return expression.getKind() == CelExpr.ExprKind.Kind.CALL
                && ARITHMETIC.contains(expression.call().function());
    }

    static CelRuntimeBuilder bound(CelRuntimeBuilder runtime) {
        bind(runtime, "_+_", (a, b) -> a + b, (a, b) -> a + b);
        bind(runtime, "_-_", (a, b) -> a - b, (a, b) -> a - b);
        bind(runtime, "_*_", (a, b) -> a * b, (a, b) -> a * b);
        bind(runtime, "_/_", (a, b) -> a / b, (a, b) -> a / b);
        return runtime;
    }

    private static void bind(
            CelRuntimeBuilder runtime,
            String operator,
            Binary<Double, Long> wholeSecond,
            Binary<Long, Double> wholeFirst) {
        runtime.addFunctionBindings(CelFunctionBinding.fromOverloads(
                operator,
                CelFunctionBinding.from(operator + WHOLE_SECOND, Double.class, Long.class, wholeSecond),
                CelFunctionBinding.from(operator + WHOLE_FIRST, Long.class, Double.class, wholeFirst)));
    }
}
