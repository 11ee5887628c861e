package io.clusterdb.events.schema;

import io.clusterdb.events.spi.SchemaException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.jspecify.annotations.Nullable;

/** Writes unions: the branch is found by the name of the value's type, otherwise the first that fits is taken. */
final class AvroUnionWriter extends AvroWriter {
    private final Schema schema;
    private final AvroWriter[] branches;
    private final int only;
    private final int[] inOrder;
    private final int[] bytesLast;
    private final int[] bytesFirst;
    private final Named named = new Named();

    AvroUnionWriter(Schema schema, AvroWriter[] branches) {
        this.schema = schema;
        this.branches = branches;
        int[] others = IntStream.range(0, branches.length)
                .filter(i -> schema.getTypes().get(i).getType() != Schema.Type.NULL)
                .toArray();
        this.only = others.length == 1 ? others[0] : -1;
        this.inOrder = IntStream.range(0, branches.length).toArray();
        this.bytesLast = inOrder(Comparator.comparing(this::isBytes));
        this.bytesFirst =
                inOrder(Comparator.comparing(i -> schema.getTypes().get(i).getType() != Schema.Type.BYTES));
    }

    private int[] inOrder(Comparator<Integer> order) {
        return Arrays.stream(inOrder).boxed().sorted(order).mapToInt(i -> i).toArray();
    }

    @Override
    void put(@Nullable Object plain, AvroOutput out) throws IOException {
        int branch = branch(plain);
        if (branch >= 0) {
            put(branch, plain, out);
        } else {
            putFirst(plain, out);
        }
    }

    @Override
    boolean takes(@Nullable Object plain) {
        return Arrays.stream(branches).anyMatch(b -> b.takes(plain));
    }

    @Override
    String expected() {
        String all = Arrays.stream(branches).map(AvroWriter::expected).collect(Collectors.joining(" or "));
        return all.isEmpty() ? "nothing at all" : all;
    }

    /** The only one that is in question, or -1. */
    private int branch(@Nullable Object plain) {
        if (plain == null) {
            return schema.isNullable() && only >= 0 && branches.length == 2 ? 1 - only : -1;
        } else if (only >= 0) {
            return only;
        } else if (plain instanceof GenericContainer generic) {
            Integer index = schema.getIndexNamed(generic.getSchema().getFullName());
            return index == null ? -1 : index;
        }
        return named.get(plain.getClass());
    }

    private void put(int branch, @Nullable Object plain, AvroOutput out) throws IOException {
        out.encoder().writeIndex(branch);
        branches[branch].put(plain, out);
    }

    /** Text is taken for base64 only when it is nothing else, and bytes for those of a fixed length likewise. */
    private void putFirst(@Nullable Object plain, AvroOutput out) throws IOException {
        int[] candidates = candidates(plain);
        SchemaException nearest = null;
        int start = out.size();
        for (int branch : candidates) {
            try {
                put(branch, plain, out);
                return;
            } catch (SchemaException e) {
                out.backTo(start);
                boolean isNearer =
                        nearest == null || e.path().length() > nearest.path().length();
                nearest = isNearer ? e : nearest;
            }
        }
        throw nearest != null ? nearest : Misfit.of(expected(), plain);
    }

    private int[] candidates(@Nullable Object plain) {
        int[] order = switch (plain) {
            case CharSequence text -> bytesLast;
            case ByteBuffer bytes -> bytesFirst;
            case byte[] bytes -> bytesFirst;
            case null, default -> inOrder;
        };
        int[] all = Arrays.stream(order).filter(i -> branches[i].takes(plain)).toArray();
        if (plain == null || all.length == 1) {
            return all;
        }
        int[] shaped =
                Arrays.stream(all).filter(i -> branches[i].isShapedLike(plain)).toArray();
        return shaped.length == 0 ? all : shaped;
    }

    private boolean isBytes(int branch) {
        Schema type = schema.getTypes().get(branch);
        return type.getType() == Schema.Type.BYTES
                || (type.getType() == Schema.Type.FIXED && type.getLogicalType() == null);
    }

    /** The branch that is called like a class or one above it; -1 for none. */
    private final class Named extends ClassValue<Integer> {
        @Override
        protected Integer computeValue(Class<?> type) {
            for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
                Class<?> each = c;
                int found = IntStream.range(0, branches.length)
                        .filter(i -> isCalled(schema.getTypes().get(i), each))
                        .findFirst()
                        .orElse(-1);
                if (found >= 0) {
                    return found;
                }
            }
            return -1;
        }
    }

    /** Whether a named type of a schema has the simple or the full name of a class. */
    static boolean isCalled(Schema named, Class<?> type) {
        return switch (named.getType()) {
            case RECORD, ENUM, FIXED ->
                named.getName().equals(type.getSimpleName())
                        || named.getFullName().equals(type.getName().replace('$', '.'));
            default -> false;
        };
    }
}
