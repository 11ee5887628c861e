package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.read;
import static io.clusterdb.events.schema.AvroReference.written;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaException;
import io.clusterdb.events.testkit.Sweep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Random schemas and data, with Avro's generic reader and writer as the judge. */
class AvroRandomTest {
    private static final int ROUNDS = Sweep.size(500, 100_000);
    private static final List<Schema.Type> SCALARS = List.of(
            Schema.Type.NULL,
            Schema.Type.BOOLEAN,
            Schema.Type.INT,
            Schema.Type.LONG,
            Schema.Type.FLOAT,
            Schema.Type.DOUBLE,
            Schema.Type.STRING,
            Schema.Type.BYTES);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private RandomGenerator random = RandomGenerator.getDefault();
    private int names;

    @Test
    void random_data_is_what_avro_reads_and_writes() {
        long start = Sweep.seed();
        for (int round = 0; round < ROUNDS; round++) {
            long seed = start + round;
            try {
                check(seed);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Bytes in a union with a fixed type of as many. */
    @Test
    void seeds_that_have_found_something() {
        check(30_868_517_884_653L);
    }

    private void check(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        Schema avro = record(3);
        ParsedSchema schema = new AvroFormat().parse(avro.toString());
        GenericData.Record datum = data(avro);
        Bytes reference = written(avro, datum);

        Bytes data = schema.encode(datum);
        JsonNode tree = schema.tree(reference);

        assertThat(data).as("%s of %s", datum, avro).isEqualTo(reference);
        assertThat(schema.encode(reference)).isEqualTo(reference);
        assertThat(schema.decode(reference, GenericData.Record.class)).isEqualTo(read(avro, reference));
        assertThat(schema.tree(schema.encode(schema.decode(reference, Map.class))))
                .hasToString(tree.toString());
        assertSameTree(schema, tree);
        assertCutsRefused(schema, reference);
        assertThat(schema.unreadable(schema)).isEmpty();
        assertThat(new AvroFormat().parse(schema.canonical()).canonical()).isEqualTo(schema.canonical());
    }

    /** A branch of a union can be another one when a tree is written; what it says can't, and no more after it is text. */
    private static void assertSameTree(ParsedSchema schema, JsonNode tree) {
        JsonNode parsed = JSON.readTree(tree.toString());

        assertThat(schema.tree(schema.encode(tree))).hasToString(tree.toString());
        assertThat(schema.tree(schema.encode(parsed))).hasToString(tree.toString());
    }

    private void assertCutsRefused(ParsedSchema schema, Bytes data) {
        byte[] longer = Arrays.copyOf(data.toArray(), data.length() + 1);
        assertThat(refuses(schema, longer)).isTrue();
        if (data.length() > 0) {
            assertThat(refuses(schema, Arrays.copyOf(data.toArray(), random.nextInt(data.length()))))
                    .isTrue();
        }
    }

    private static boolean refuses(ParsedSchema schema, byte[] data) {
        try {
            schema.encode(data);
            return false;
        } catch (SchemaException e) {
            return true;
        }
    }

    private Schema schema(int depth) {
        int kind = random.nextInt(depth == 0 ? 10 : 14);
        return switch (kind) {
            case 8 -> Schema.createEnum(name(), null, null, List.of("A", "B", "C"));
            case 9 -> Schema.createFixed(name(), null, null, random.nextInt(5));
            case 10 -> Schema.createArray(schema(depth - 1));
            case 11 -> Schema.createMap(schema(depth - 1));
            case 12 -> record(depth - 1);
            case 13 -> union(depth - 1);
            default -> Schema.create(SCALARS.get(kind));
        };
    }

    private Schema record(int depth) {
        Schema record = Schema.createRecord(name(), null, null, false);
        List<Schema.Field> fields = new ArrayList<>();
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            fields.add(new Schema.Field(name(), schema(depth)));
        }
        if (random.nextInt(4) == 0) {
            fields.add(new Schema.Field(
                    name(),
                    SchemaBuilder.unionOf().nullType().and().type(record).endUnion()));
        }
        record.setFields(fields);
        return record;
    }

    private Schema union(int depth) {
        Map<String, Schema> branches = new LinkedHashMap<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            Schema branch = schema(depth);
            if (branch.getType() != Schema.Type.UNION) {
                branches.putIfAbsent(kind(branch), branch);
            }
        }
        return branches.isEmpty() ? Schema.create(Schema.Type.INT) : Schema.createUnion(List.copyOf(branches.values()));
    }

    /** At most one of these in a union: as a tree, a number or an object fits each of its kind. */
    private static String kind(Schema branch) {
        return switch (branch.getType()) {
            case INT, LONG, FLOAT, DOUBLE -> "number";
            case MAP, RECORD -> "object";
            default -> branch.getFullName();
        };
    }

    private String name() {
        return "N" + names++;
    }

    private @Nullable Object datum(Schema schema) {
        return switch (schema.getType()) {
            case NULL -> null;
            case BOOLEAN -> random.nextBoolean();
            case INT -> random.nextInt() >> random.nextInt(32);
            case LONG -> random.nextLong() >> random.nextInt(64);
            case FLOAT -> random.nextFloat() * random.nextInt(-1000, 1000);
            case DOUBLE -> random.nextDouble() * random.nextInt(-1000, 1000);
            case STRING -> text();
            case BYTES -> ByteBuffer.wrap(bytes(random.nextInt(6)));
            case FIXED -> new GenericData.Fixed(schema, bytes(schema.getFixedSize()));
            case ENUM ->
                new GenericData.EnumSymbol(schema, schema.getEnumSymbols().get(random.nextInt(3)));
            case UNION ->
                datum(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(datum(schema.getElementType()));
                }
                yield list;
            }
            case MAP -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(text(), datum(schema.getValueType()));
                }
                yield map;
            }
            case RECORD -> data(schema);
        };
    }

    private GenericData.Record data(Schema schema) {
        GenericData.Record record = new GenericData.Record(schema);
        schema.getFields().forEach(field -> record.put(field.pos(), datum(field.schema())));
        return record;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.appendCodePoint(random.nextInt(3) == 0 ? 0x1F600 + random.nextInt(50) : 'a' + random.nextInt(26));
        }
        return text.toString();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
