package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The named parts of a class, found once: how each is read, and how an object is made of them. Thread-safe. */
final class Members {
    private static final MethodType GETTER = MethodType.methodType(Object.class, Object.class);
    private static final MethodType SETTER = MethodType.methodType(void.class, Object.class, Object.class);
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private Members() {}

    /**
     * A part that an object is made of.
     *
     * @param isNullable whether it is annotated so
     */
    record Part(String name, Type type, boolean isNullable) {}

    /** Makes an object of the values of its parts, in their order. */
    interface Maker {
        Object make(@Nullable Object[] values) throws Throwable;
    }

    /** How an object of a class is made. */
    record Making(List<Part> parts, Maker maker) {}

    /** Whether a class has parts of its own: it is none of Java's, no enum, text, array or interface. */
    static boolean isObject(Class<?> type) {
        return !type.isArray()
                && !type.isPrimitive()
                && !Enum.class.isAssignableFrom(type)
                && !CharSequence.class.isAssignableFrom(type)
                && !type.isInterface()
                && !type.getName().startsWith("java.");
    }

    /** Handles of type (Object)Object by name: the components of a record, or the fields of another class. */
    static Map<String, MethodHandle> getters(Class<?> type) {
        Map<String, MethodHandle> getters = new LinkedHashMap<>();
        if (type.isRecord()) {
            for (RecordComponent part : type.getRecordComponents()) {
                getters.put(part.getName(), getter(part.getAccessor()));
            }
        } else {
            fields(type).forEach(field -> getters.put(field.getName(), getter(field)));
        }
        return getters;
    }

    /** The public method that gives a value that no field of the class has; null when there is none. */
    static @Nullable MethodHandle getter(Class<?> type, String name) {
        String capital = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        return Stream.of(name, "get" + capital, "is" + capital)
                .flatMap(method -> Arrays.stream(type.getMethods())
                        .filter(m -> m.getName().equals(method)
                                && m.getParameterCount() == 0
                                && m.getReturnType() != void.class
                                && m.getDeclaringClass() != Object.class))
                .findFirst()
                .map(Members::getter)
                .orElse(null);
    }

    /** @throws SchemaException when objects of the class can't be made by name */
    static Making making(Class<?> type) {
        if (type.isRecord()) {
            return record(type);
        } else if (Modifier.isAbstract(type.getModifiers())) {
            throw notMade(type, "an abstract one");
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == 0) {
                return settable(type, constructor);
            }
        }
        Constructor<?>[] all = type.getDeclaredConstructors();
        if (all.length != 1 || !all[0].getParameters()[0].isNamePresent()) {
            throw notMade(type, "another class");
        }
        return constructed(all[0]);
    }

    private static Making record(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        List<Part> parts = Arrays.stream(components)
                .map(c -> new Part(c.getName(), c.getGenericType(), isNullable(c, c.getAnnotatedType())))
                .toList();
        try {
            return new Making(parts, maker(type.getDeclaredConstructor(types)));
        } catch (NoSuchMethodException e) {
            throw new AssertionError("every record has one", e);
        }
    }

    private static Making constructed(Constructor<?> constructor) {
        List<Part> parts =
                Arrays.stream(constructor.getParameters()).map(Members::part).toList();
        return new Making(parts, maker(constructor));
    }

    private static Part part(Parameter p) {
        return new Part(p.getName(), p.getParameterizedType(), isNullable(p, p.getAnnotatedType()));
    }

    private static Making settable(Class<?> type, Constructor<?> constructor) {
        List<Field> fields = fields(type);
        MethodHandle[] setters = fields.stream().map(Members::setter).toArray(MethodHandle[]::new);
        List<Part> parts = fields.stream()
                .map(f -> new Part(f.getName(), f.getGenericType(), isNullable(f, f.getAnnotatedType())))
                .toList();
        Maker blank = maker(constructor);
        return new Making(parts, values -> {
            Object made = blank.make(new Object[0]);
            for (int i = 0; i < setters.length; i++) {
                setters[i].invokeExact(made, values[i]);
            }
            return made;
        });
    }

    private static Maker maker(Constructor<?> constructor) {
        MethodHandle handle;
        try {
            open(constructor);
            handle = LOOKUP.unreflectConstructor(constructor);
        } catch (IllegalAccessException e) {
            throw closed(constructor.getDeclaringClass(), e);
        }
        MethodHandle spread = handle.asFixedArity()
                .asSpreader(Object[].class, constructor.getParameterCount())
                .asType(MethodType.methodType(Object.class, Object[].class));
        return values -> (Object) spread.invokeExact(values);
    }

    private static MethodHandle getter(Method method) {
        try {
            open(method);
            return LOOKUP.unreflect(method).asType(GETTER);
        } catch (IllegalAccessException e) {
            throw closed(method.getDeclaringClass(), e);
        }
    }

    private static MethodHandle getter(Field field) {
        try {
            open(field);
            return LOOKUP.unreflectGetter(field).asType(GETTER);
        } catch (IllegalAccessException e) {
            throw closed(field.getDeclaringClass(), e);
        }
    }

    private static MethodHandle setter(Field field) {
        if (Modifier.isFinal(field.getModifiers())) {
            throw notMade(field.getDeclaringClass(), "a final field " + field.getName());
        }
        try {
            open(field);
            return LOOKUP.unreflectSetter(field).asType(SETTER);
        } catch (IllegalAccessException e) {
            throw closed(field.getDeclaringClass(), e);
        }
    }

    private static void open(AccessibleObject member) {
        try {
            member.setAccessible(true);
        } catch (InaccessibleObjectException e) {
            throw new SchemaException("", "a class that is open to events", e.toString(), e);
        }
    }

    private static List<Field> fields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        Class<?> parent = type.getSuperclass();
        if (parent != null && parent != Object.class) {
            fields.addAll(fields(parent));
        }
        for (Field field : type.getDeclaredFields()) {
            if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0 && !field.isSynthetic()) {
                fields.add(field);
            }
        }
        return fields;
    }

    private static boolean isNullable(AnnotatedElement declared, AnnotatedType used) {
        return Stream.concat(Arrays.stream(declared.getAnnotations()), Arrays.stream(used.getAnnotations()))
                .map(Annotation::annotationType)
                .anyMatch(a -> a.getSimpleName().equals("Nullable"));
    }

    private static SchemaException notMade(Class<?> type, String found) {
        return new SchemaException(
                "",
                "a record, a class with a constructor without parameters, or one constructor with the names of its parameters",
                found + " (" + type.getTypeName() + ")");
    }

    private static SchemaException closed(Class<?> type, IllegalAccessException e) {
        return new SchemaException("", "a class that is open to events", type.getTypeName(), e);
    }
}
