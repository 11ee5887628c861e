package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.avro;
import static io.clusterdb.events.schema.AvroReference.json;
import static io.clusterdb.events.schema.AvroReference.misfit;
import static io.clusterdb.events.schema.AvroReference.read;
import static io.clusterdb.events.schema.AvroReference.record;
import static io.clusterdb.events.schema.AvroReference.schema;
import static io.clusterdb.events.schema.AvroReference.written;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.SchemaFormat;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class AvroMappingTest {
    static final String ORDER = """
            {'type':'record','name':'Order','namespace':'shop','fields':[
              {'name':'id','type':'string'},
              {'name':'customer','type':['null','string'],'default':null},
              {'name':'total','type':'double'},
              {'name':'status','type':{'type':'enum','name':'Status','symbols':['OPEN','PAID']},'default':'OPEN'},
              {'name':'items','type':{'type':'array','items':
                {'type':'record','name':'Item','fields':[
                  {'name':'sku','type':'string'},{'name':'count','type':'int'},{'name':'price','type':'double'}]}}},
              {'name':'tags','type':{'type':'map','values':'long'},'default':{}}]}""";
    static final String TREE = """
            {'type':'record','name':'Node','fields':[
              {'name':'value','type':'int'},
              {'name':'left','type':['null','Node'],'default':null},
              {'name':'right','type':['null','Node'],'default':null}]}""";
    static final String PAYMENT = record("""
            [{'type':'record','name':'Card','namespace':'pay','fields':[{'name':'number','type':'string'}]},
             {'type':'record','name':'Cash','namespace':'pay','fields':[{'name':'amount','type':'int'}]},
             {'type':'record','name':'Gift','namespace':'pay','fields':[{'name':'number','type':'string'}]},
             'long','string']""");

    enum Status {
        OPEN,
        PAID
    }

    record Item(String sku, int count, double price) {}

    record Order(
            String id,
            Optional<String> customer,
            double total,
            Status status,
            List<Item> items,
            Map<String, Long> tags) {}

    record Node(int value, @Nullable Node left, @Nullable Node right) {}

    sealed interface Payment permits Card, Cash, Gift {}

    record Card(String number) implements Payment {}

    record Cash(int amount) implements Payment {}

    record Gift(String number) implements Payment {}

    record Paid(Payment f) {}

    record AnyPaid(Object f) {}

    record Holder<T>(T f) {}

    record Page(Holder<List<Item>> f) {}

    /** A class with fields of its own and of its parent. */
    static class Part {
        private String sku = "";
        private int count;
    }

    static final class Priced extends Part {
        private double price;
        private transient int cached = 7;
    }

    /** A class that has getters only. */
    static final class Computed {
        public String getSku() {
            return "a";
        }

        public int count() {
            return 2;
        }

        public double getPrice() {
            return 1.5;
        }
    }

    private static final String ITEM = "{'type':'record','name':'Item','fields':[{'name':'sku','type':'string'},"
            + "{'name':'count','type':'int'},{'name':'price','type':'double'}]}";
    private static final Order SAMPLE = new Order(
            "o-1",
            Optional.of("c-1"),
            12.5,
            Status.PAID,
            List.of(new Item("a", 1, 0.5), new Item("b", 2, 6.0)),
            Map.of("x", 5L));

    @Test
    void the_format_is_found_by_name() {
        assertThat(ServiceLoader.load(SchemaFormat.class))
                .filteredOn(f -> f.name().equals("avro"))
                .hasSize(1);
        assertThat(schema("'int'").needsId()).isTrue();
        assertThat(schema("'int'").contentType()).isEqualTo("avro/binary");
    }

    @Test
    void a_record_is_written_as_avro_reads_it_and_read_back_equal() {
        ParsedSchema schema = schema(ORDER);

        Bytes data = schema.encode(SAMPLE);

        GenericRecord generic = (GenericRecord) read(avro(ORDER), data);
        assertThat(generic.get("id")).hasToString("o-1");
        assertThat(generic.get("status")).hasToString("PAID");
        assertThat(((List<?>) generic.get("items")).get(1))
                .hasToString("{\"sku\": \"b\", \"count\": 2, \"price\": 6.0}");
        assertThat(schema.decode(data, Order.class)).isEqualTo(SAMPLE);
        assertThat(written(avro(ORDER), generic)).isEqualTo(data);
    }

    @Test
    void a_map_a_tree_a_generic_record_and_a_java_record_give_the_same_bytes() {
        ParsedSchema schema = schema(ORDER);
        Bytes data = schema.encode(SAMPLE);

        JsonNode tree = schema.tree(data);
        Map<?, ?> map = schema.decode(data, Map.class);
        GenericRecord generic = schema.decode(data, GenericRecord.class);

        assertThat(tree)
                .hasToString(
                        "{'id':'o-1','customer':'c-1','total':12.5,'status':'PAID','items':[{'sku':'a','count':1,'price':0.5},{'sku':'b','count':2,'price':6.0}],'tags':{'x':5}}"
                                .replace('\'', '"'));
        assertThat(schema.encode(tree)).isEqualTo(data);
        assertThat(schema.encode(map)).isEqualTo(data);
        assertThat(schema.encode(generic)).isEqualTo(data);
        assertThat(schema.encode(data)).isEqualTo(data);
        assertThat(schema.encode(data.toArray())).isEqualTo(data);
    }

    @Test
    void missing_fields_get_the_schemas_defaults() {
        ParsedSchema schema = schema(ORDER);

        Bytes data = schema.encode(json("{'id':'o','total':3,'items':[]}"));

        assertThat(schema.decode(data, Order.class))
                .isEqualTo(new Order("o", Optional.empty(), 3, Status.OPEN, List.of(), Map.of()));
    }

    @Test
    void a_plain_class_is_its_fields_and_without_them_its_getters() {
        ParsedSchema schema = schema(ITEM);
        Priced priced = schema.decode(schema.encode(new Item("a", 2, 1.5)), Priced.class);

        assertThat(((Part) priced).sku + ((Part) priced).count + priced.price + priced.cached)
                .isEqualTo("a21.57");
        assertThat(schema.encode(priced)).isEqualTo(schema.encode(new Item("a", 2, 1.5)));
        assertThat(schema.encode(new Computed())).isEqualTo(schema.encode(new Item("a", 2, 1.5)));
    }

    @Test
    void a_schema_may_contain_itself() {
        ParsedSchema schema = schema(TREE);
        Node tree = new Node(1, new Node(2, null, new Node(3, null, null)), new Node(4, null, null));

        Bytes data = schema.encode(tree);

        assertThat(schema.decode(data, Node.class)).isEqualTo(tree);
        assertThat(schema.encode(schema.tree(data))).isEqualTo(data);
        assertThat(written(avro(TREE), read(avro(TREE), data))).isEqualTo(data);
    }

    @Test
    void an_object_that_contains_itself_is_refused() {
        Map<String, Object> node = new HashMap<>(Map.of("value", 1));
        node.put("left", node);

        assertThat(misfit(() -> schema(TREE).encode(node)).expected()).contains("depth");
    }

    @Test
    void a_record_may_be_used_twice() {
        String pair = "{'type':'record','name':'Pair','fields':[{'name':'a','type':" + ITEM
                + "},{'name':'b','type':'Item'}]}";
        record Pair(Item a, Item b) {}
        Pair value = new Pair(new Item("x", 1, 2), new Item("y", 3, 4));

        assertThat(schema(pair).decode(schema(pair).encode(value), Pair.class)).isEqualTo(value);
    }

    @Test
    void the_branch_of_a_union_is_called_like_the_class() {
        ParsedSchema schema = schema(PAYMENT);

        for (Payment payment : List.of(new Card("1"), new Cash(2), new Gift("3"))) {
            Bytes data = schema.encode(new Paid(payment));
            assertThat(((GenericRecord) ((GenericRecord) read(avro(PAYMENT), data)).get("f"))
                            .getSchema()
                            .getName())
                    .isEqualTo(payment.getClass().getSimpleName());
            assertThat(schema.decode(data, Paid.class).f()).isEqualTo(payment);
        }
    }

    @Test
    void without_a_name_the_first_branch_that_fits_is_taken() {
        ParsedSchema schema = schema(PAYMENT);

        assertThat(((GenericRecord) ((GenericRecord) read(avro(PAYMENT), schema.encode(json("{'f':{'number':'1'}}"))))
                                .get("f"))
                        .getSchema()
                        .getName())
                .isEqualTo("Card");
        assertThat(schema.decode(schema.encode(json("{'f':{'amount':5}}")), AnyPaid.class)
                        .f())
                .isEqualTo(Map.of("amount", 5));
        assertThat(schema.decode(schema.encode(json("{'f':5}")), AnyPaid.class).f())
                .isEqualTo(5L);
        assertThat(schema.decode(schema.encode(json("{'f':'t'}")), AnyPaid.class)
                        .f())
                .isEqualTo("t");
        assertThat(misfit(() -> schema.encode(json("{'f':{'amount':'x'}}"))).path())
                .isEqualTo("/f/amount");
        assertThat(misfit(() -> schema.encode(json("{'f':true}"))).expected()).contains("a record pay.Card or ");
    }

    @Test
    void a_branch_that_the_class_has_no_place_for_is_refused_when_it_comes() {
        ParsedSchema schema = schema(PAYMENT);
        record OnlyCard(Card f) {}

        assertThat(schema.decode(schema.encode(new Paid(new Card("1"))), OnlyCard.class))
                .isEqualTo(new OnlyCard(new Card("1")));
        assertThat(misfit(() -> schema.decode(schema.encode(new Paid(new Gift("1"))), OnlyCard.class))
                        .path())
                .isEqualTo("/f");
    }

    @Test
    void generic_records_of_a_union_are_known_by_their_schema() {
        ParsedSchema schema = schema(PAYMENT);
        Schema gift = avro(PAYMENT).getField("f").schema().getTypes().get(2);
        GenericData.Record value = new GenericData.Record(gift);
        value.put("number", "9");
        GenericData.Record outer = new GenericData.Record(avro(PAYMENT));
        outer.put("f", value);

        assertThat(schema.encode(outer)).isEqualTo(written(avro(PAYMENT), outer));
    }

    @Test
    void generic_components_are_resolved() {
        String page = record(record("{'type':'array','items':" + ITEM + "}").replace("'R'", "'Inner'"));
        Page value = new Page(new Holder<>(List.of(new Item("a", 1, 2))));

        assertThat(schema(page).decode(schema(page).encode(value), Page.class)).isEqualTo(value);
    }

    @Test
    void collections_and_arrays_are_lists() {
        ParsedSchema schema = schema(record("{'type':'array','items':'int'}"));
        record Ints(int[] f) {}
        record Shorts(Set<Short> f) {}
        Bytes data = schema.encode(new Ints(new int[] {1, 2, 3}));

        assertThat(schema.decode(data, Ints.class).f()).containsExactly(1, 2, 3);
        assertThat(schema.decode(data, Shorts.class).f()).containsExactly((short) 1, (short) 2, (short) 3);
        assertThat(schema.encode(Map.of("f", new Integer[] {1, 2, 3}))).isEqualTo(data);
        assertThat(schema.encode(new Shorts(schema.decode(data, Shorts.class).f())))
                .isEqualTo(data);
    }

    @Test
    void bytes_come_as_arrays_buffers_slices_and_base64() {
        ParsedSchema schema = schema(record("'bytes'"));
        record Raw(byte[] f) {}
        Bytes data = schema.encode(new Raw(new byte[] {1, 2, 3}));

        assertThat(schema.decode(data, Raw.class).f()).containsExactly(1, 2, 3);
        assertThat(schema.encode(Map.of("f", ByteBuffer.wrap(new byte[] {1, 2, 3}))))
                .isEqualTo(data);
        assertThat(schema.encode(Map.of("f", Bytes.of(new byte[] {1, 2, 3})))).isEqualTo(data);
        assertThat(schema.tree(data)).isEqualTo(json("{'f':'AQID'}"));
        assertThat(schema.encode(json("{'f':'AQID'}"))).isEqualTo(data);
        assertThat(schema(record("[{'type':'array','items':'int'},'bytes']"))
                        .encode(new Raw(new byte[] {1}))
                        .at(0))
                .isEqualTo((byte) 2);
        assertThat(schema(record("['bytes','string']"))
                        .encode(json("{'f':'AQID'}"))
                        .at(0))
                .isEqualTo((byte) 2);
    }

    @Test
    void a_class_may_lack_fields_and_have_more_only_when_they_may_be_absent() {
        record Less(String sku) {}
        record More(String sku, @Nullable String colour, Optional<String> size) {}
        record Greedy(String sku, String colour) {}
        Bytes data = schema(ITEM).encode(new Item("a", 1, 2));

        assertThat(schema(ITEM).decode(data, Less.class)).isEqualTo(new Less("a"));
        assertThat(schema(ITEM).decode(data, More.class)).isEqualTo(new More("a", null, Optional.empty()));
        assertThat(misfit(() -> schema(ITEM).decode(data, Greedy.class)).path()).isEqualTo("/colour");
    }

    @Test
    void avros_specific_records_are_read_by_their_own_schema_and_written_by_name() {
        ParsedSchema writer = schema(ITEM.replace("'Item'", "'SpecificItem','namespace':'io.clusterdb.events.schema'"));
        ParsedSchema own = new AvroFormat().parse(SpecificItem.SCHEMA$.toString());

        Bytes data = writer.encode(new Item("a", 1, 2));
        assertThat(misfit(() -> writer.decode(data, SpecificItem.class)).expected())
                .startsWith("a class that Avro trusts");

        SpecificItem item = trusting(SpecificItem.class, () -> writer.decode(data, SpecificItem.class));

        assertThat(item.get(0)).hasToString("a");
        assertThat(own.tree(own.encode(item))).isEqualTo(json("{'sku':'a','colour':'red'}"));
    }

    private static <T> T trusting(Class<?> type, Supplier<T> call) {
        ClassSecurityPredicate before = ClassSecurityValidator.getGlobal();
        ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                before, ClassSecurityValidator.builder().add(type).build()));
        try {
            return call.get();
        } finally {
            ClassSecurityValidator.setGlobal(before);
        }
    }
}
