package io.clusterdb.events.store;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Upcasters;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What tells one fold from another: the state's shape, the types of events with the functions for them, and the
 * upcasters. Of a function its bytecode counts, as that of the whole class it is written in: a change there that
 * changes nothing costs a slow load, one that is overlooked would cost a wrong state. It does not see what the functions
 * call in other classes; where that matters, a fold version is declared ({@link AggregateType#foldVersion}).
 */
final class Fingerprint {
    private static final int BYTES = 16;

    /** In characters. */
    static final int LENGTH = 2 * BYTES;

    private final MessageDigest digest = sha256();

    private Fingerprint() {}

    /** As hexadecimal digits. */
    static String of(AggregateType<?> type, Upcasters upcasters) {
        Fingerprint print = new Fingerprint();
        print.add("state").shape(type.state(), new TreeSet<>());
        print.add("upcasters").add(upcasters.fingerprint());
        type.functions().keySet().forEach(print::add);
        if (type.foldVersion() != null) {
            print.add("version").add(type.foldVersion());
        } else {
            print.add("code").add(digest(type.state().getName(), type.state().getClassLoader()));
            type.functions().values().forEach(print::function);
        }
        return HexFormat.of().formatHex(print.digest.digest(), 0, BYTES);
    }

    private Fingerprint add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    private Fingerprint add(byte[] bytes) {
        digest.update(new byte[] {0});
        digest.update(bytes);
        return this;
    }

    /** The names and types of a record's components, and of those that are records themselves. */
    private void shape(Class<?> type, Set<String> seen) {
        add(type.getName());
        RecordComponent[] components = type.getRecordComponents();
        if (components == null || !seen.add(type.getName())) {
            return;
        }
        for (RecordComponent component : components) {
            Type declared = component.getGenericType();
            add(component.getName()).add(declared.getTypeName());
            shape(component.getType(), seen);
        }
    }

    private void function(Serializable function) {
        SerializedLambda lambda = lambda(function);
        ClassLoader loader = function.getClass().getClassLoader();
        if (lambda == null) {
            add(digest(function.getClass().getName(), loader));
            return;
        }
        add(lambda.getImplMethodName().startsWith("lambda$") ? "lambda" : lambda.getImplMethodName());
        add(lambda.getImplMethodSignature());
        add(digest(lambda.getImplClass().replace('/', '.'), loader));
    }

    /** Null when it is an object of a class. */
    private static @Nullable SerializedLambda lambda(Serializable function) {
        try {
            Method method = function.getClass().getDeclaredMethod("writeReplace");
            method.setAccessible(true);
            return method.invoke(function) instanceof SerializedLambda lambda ? lambda : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** Of a class's file. */
    private static byte[] digest(String name, @Nullable ClassLoader loader) {
        String file = name.replace('.', '/') + ".class";
        ClassLoader from = loader == null ? ClassLoader.getSystemClassLoader() : loader;
        try (InputStream code = from.getResourceAsStream(file)) {
            return sha256().digest(code == null ? file.getBytes(StandardCharsets.UTF_8) : code.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("the bytecode of " + name, e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
