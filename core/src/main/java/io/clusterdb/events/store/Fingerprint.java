package io.clusterdb.events.store;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Upcasters;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What tells one fold from another: the state's shape, the types of events with the functions for them, and the
 * upcasters. The shape is the names and types of all fields, also of the classes that these are of. Of a function its
 * bytecode counts, as that of the whole class it is written in, and of the state that of all its classes: a change there
 * that changes nothing costs a slow load, one that is overlooked would cost a wrong state. Values that a function has
 * captured count too; where they can't be compared, or there is no bytecode, the fold can't be told from others. It does
 * not see what the functions call in other classes; where that matters, a fold version is declared
 * ({@link AggregateType#foldVersion}).
 *
 * @param digits hexadecimal
 * @param unknown why it can't be told from others; null when it can
 */
record Fingerprint(String digits, @Nullable String unknown) {
    private static final int BYTES = 16;

    /** Whose objects never change, and are told apart by their texts. */
    private static final Set<Class<?>> VALUES = Set.of(
            String.class,
            Boolean.class,
            Character.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            BigInteger.class,
            BigDecimal.class,
            UUID.class,
            Duration.class,
            Instant.class,
            LocalDate.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            Class.class);

    /** In characters. */
    static final int LENGTH = 2 * BYTES;

    static Fingerprint of(AggregateType<?> type, Upcasters upcasters) {
        Print print = new Print(type.foldVersion() == null);
        print.add("state").shape(type.state());
        print.add("upcasters").add(upcasters.fingerprint());
        type.functions().keySet().forEach(print::add);
        if (type.foldVersion() != null) {
            print.add("version").add(type.foldVersion());
        } else {
            print.add("code");
            type.functions().forEach(print::function);
        }
        return new Fingerprint(HexFormat.of().formatHex(print.digest.digest(), 0, BYTES), print.unknown);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** A fingerprint that is being taken. */
    private static final class Print {
        final MessageDigest digest = sha256();
        private final boolean byCode;
        private final Set<Type> seen = new HashSet<>();

        @Nullable
        String unknown;

        /** @param byCode whether the bytecode counts */
        Print(boolean byCode) {
            this.byCode = byCode;
        }

        Print add(String text) {
            return add(text.getBytes(StandardCharsets.UTF_8));
        }

        private Print add(byte[] bytes) {
            digest.update(new byte[] {0});
            digest.update(bytes);
            return this;
        }

        private void unknown(String why) {
            unknown = byCode && unknown == null ? why : unknown;
        }

        // --- of the state

        void shape(Type type) {
            add(type.getTypeName());
            if (!seen.add(type)) {
                return;
            }
            switch (type) {
                case Class<?> one -> shapeOf(one);
                case ParameterizedType generic -> {
                    shape(generic.getRawType());
                    shapes(generic.getActualTypeArguments());
                }
                case GenericArrayType array -> shape(array.getGenericComponentType());
                case WildcardType wildcard -> shapes(wildcard.getUpperBounds());
                case TypeVariable<?> variable -> shapes(variable.getBounds());
                default -> {}
            }
        }

        private void shapes(Type... types) {
            for (Type each : types) {
                shape(each);
            }
        }

        private void shapeOf(Class<?> type) {
            if (type.isArray()) {
                shape(type.getComponentType());
            } else if (!type.isPrimitive() && !isOfJava(type)) {
                try {
                    fields(type);
                } catch (LinkageError | TypeNotPresentException e) {
                    unknown("class " + type.getName() + " of its state has fields of classes that are not there");
                }
            }
        }

        /** Its field's names and types say all of a class of Java itself. */
        private static boolean isOfJava(Class<?> type) {
            ClassLoader loader = type.getClassLoader();
            return loader == null || loader.equals(ClassLoader.getPlatformClassLoader());
        }

        private void fields(Class<?> type) {
            if (byCode) {
                code(type.getName(), type.getClassLoader());
            }
            Field[] fields = type.getDeclaredFields();
            Arrays.sort(fields, Comparator.comparing(Field::getName));
            for (Field field : fields) {
                boolean isConstant = Modifier.isStatic(field.getModifiers());
                if (!isConstant || field.isEnumConstant()) {
                    add(field.getName());
                }
                if (!isConstant) {
                    shape(field.getGenericType());
                }
            }
            if (type.getGenericSuperclass() != null) {
                shape(type.getGenericSuperclass());
            }
            if (type.isSealed()) {
                shapes(type.getPermittedSubclasses());
            }
        }

        // --- of its functions

        void function(String event, Serializable function) {
            ClassLoader loader = function.getClass().getClassLoader();
            SerializedLambda lambda = lambda(function);
            if (lambda == null) {
                object(event, function.getClass());
                return;
            }
            add(lambda.getImplClass()).add(lambda.getImplMethodName()).add(lambda.getImplMethodSignature());
            for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
                captured(event, lambda.getCapturedArg(i));
            }
            code(lambda.getImplClass().replace('/', '.'), loader);
        }

        /** Null when it is an object of a class. */
        private static @Nullable SerializedLambda lambda(Serializable function) {
            try {
                Method method = function.getClass().getDeclaredMethod("writeReplace");
                method.setAccessible(true);
                return method.invoke(function) instanceof SerializedLambda lambda ? lambda : null;
            } catch (ReflectiveOperationException | InaccessibleObjectException e) {
                return null;
            }
        }

        private void object(String event, Class<?> function) {
            for (Class<?> each = function; each != null && !isOfJava(each); each = each.getSuperclass()) {
                if (Arrays.stream(each.getDeclaredFields()).anyMatch(f -> !Modifier.isStatic(f.getModifiers()))) {
                    unknown("its function '" + event + "' is an object with fields, of class " + each.getName());
                }
                code(each.getName(), each.getClassLoader());
            }
        }

        private void captured(String event, @Nullable Object value) {
            if (value == null) {
                add("null");
            } else if (VALUES.contains(value.getClass())) {
                add(value.getClass().getName()).add(value.toString());
            } else if (value instanceof Enum<?> constant) {
                add(constant.getDeclaringClass().getName()).add(constant.name());
            } else {
                unknown("its function '" + event + "' has captured an object of class "
                        + value.getClass().getName());
            }
        }

        /** Adds the bytecode of a class. */
        private void code(String name, @Nullable ClassLoader loader) {
            String file = name.replace('.', '/') + ".class";
            ClassLoader from = loader == null ? ClassLoader.getSystemClassLoader() : loader;
            try (InputStream code = from.getResourceAsStream(file)) {
                if (code != null) {
                    add(sha256().digest(code.readAllBytes()));
                    return;
                }
            } catch (IOException e) {
                add(e.toString());
            }
            unknown("the bytecode of class " + name + " can't be read");
        }
    }
}
