package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.record;
import static io.clusterdb.events.schema.AvroReference.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Old and new version of a schema, read both ways: what every compatibility mode is made of. */
class AvroCompatibilityTest {
    private static final String NOTHING = "";

    private static String fields(String fields) {
        return "{'type':'record','name':'R','fields':[" + fields + "]}";
    }

    private static String unreadable(String reader, String writer) {
        return String.join("; ", schema(reader).unreadable(schema(writer)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'int'|'long'",
                "'int'|'double'",
                "'long'|'double'",
                "'float'|'double'",
                "['int']|['int','string']",
                "'int'|['null','int']",
                "{'type':'enum','name':'E','symbols':['A']}|{'type':'enum','name':'E','symbols':['A','B']}",
            })
    void what_is_widened_can_be_read_by_new_readers_only(String old, String widened) {
        assertThat(unreadable(record(widened), record(old))).isEqualTo(NOTHING);
        assertThat(unreadable(record(old), record(widened))).startsWith("/f: ");
    }

    @Test
    void a_field_added_with_a_default_is_readable_both_ways() {
        String old = fields("{'name':'a','type':'int'}");
        String added = fields("{'name':'a','type':'int'},{'name':'b','type':'int','default':0}");

        assertThat(unreadable(added, old)).isEqualTo(NOTHING);
        assertThat(unreadable(old, added)).isEqualTo(NOTHING);
    }

    @Test
    void a_field_added_without_a_default_is_not_found_by_new_readers() {
        String old = fields("{'name':'a','type':'int'}");
        String added = fields("{'name':'a','type':'int'},{'name':'b','type':'int'}");

        assertThat(unreadable(added, old))
                .isEqualTo("/b: the reader has the field b without a default, the writer does not have it");
        assertThat(unreadable(old, added)).isEqualTo(NOTHING);
    }

    @Test
    void a_field_renamed_with_an_alias_is_found_by_new_readers() {
        String old = fields("{'name':'a','type':'int'}");
        String renamed = fields("{'name':'b','type':'int','aliases':['a']}");

        assertThat(unreadable(renamed, old)).isEqualTo(NOTHING);
        assertThat(unreadable(old, renamed)).startsWith("/a: the reader has the field a without a default");
    }

    @Test
    void a_symbol_that_readers_lack_is_covered_by_a_default() {
        String old = record("{'type':'enum','name':'E','symbols':['A'],'default':'A'}");
        String more = record("{'type':'enum','name':'E','symbols':['A','B'],'default':'A'}");

        assertThat(unreadable(old, more)).isEqualTo(NOTHING);
        assertThat(unreadable(more, old)).isEqualTo(NOTHING);
    }

    @Test
    void every_difference_is_told_with_its_place_in_data() {
        String reader = fields("""
                {'name':'items','type':{'type':'array','items':{'type':'record','name':'I','fields':[
                  {'name':'price','type':'int'},{'name':'colour','type':'string'}]}}},
                {'name':'hash','type':{'type':'fixed','name':'H','size':4}},
                {'name':'tags','type':{'type':'map','values':['null','int']}}""");
        String writer = fields("""
                {'name':'items','type':{'type':'array','items':{'type':'record','name':'I','fields':[
                  {'name':'price','type':'double'}]}}},
                {'name':'hash','type':{'type':'fixed','name':'H','size':8}},
                {'name':'tags','type':{'type':'map','values':['null','string']}}""");

        List<String> differences = schema(reader).unreadable(schema(writer));

        assertThat(differences)
                .map(difference -> difference.replaceFirst("union lacking.*", ""))
                .containsExactlyInAnyOrder(
                        "/items/*/price: the reader has int, the writer double",
                        "/items/*/colour: the reader has the field colour without a default, the writer does not have it",
                        "/hash: the reader has the fixed H of 4 bytes, the writer one of 8",
                        "/tags/*: the reader has the union [null, int], the writer the union [null, string]: reader ");
    }

    private static String logical(String type, String logical) {
        return record("{'type':'" + type + "','logicalType':'" + logical + "'}");
    }

    /** Of the same type underneath, or of one that Avro widens. */
    @ParameterizedTest
    @CsvSource({
        "long, timestamp-millis, long, timestamp-micros",
        "long, timestamp-millis, long, local-timestamp-millis",
        "long, time-micros, long, timestamp-micros",
        "int, date, int, time-millis",
        "int, time-millis, long, time-micros",
        "int, date, int, none",
        "int, none, int, date",
        "int, date, long, none",
        "long, none, long, timestamp-nanos",
        "string, none, string, uuid",
        "bytes, none, bytes, big-decimal"
    })
    void another_logical_type_is_not_read(String type, String old, String newType, String changed) {
        assertThat(unreadable(logical(newType, changed), logical(type, old)))
                .isEqualTo("/f: the reader has " + newType + (changed.equals("none") ? "" : " as " + changed)
                        + ", the writer " + type + (old.equals("none") ? "" : " as " + old));
    }

    @Test
    void a_uuid_is_read_as_the_string_it_is_in() {
        assertThat(unreadable(record("'string'"), logical("string", "uuid"))).isEqualTo(NOTHING);
    }

    private static String decimal(int precision, int scale) {
        return record("{'type':'bytes','logicalType':'decimal','precision':" + precision + ",'scale':" + scale + "}");
    }

    @Test
    void a_decimal_is_read_with_its_scale_and_no_smaller_precision() {
        String prices = decimal(10, 2);

        assertThat(unreadable(decimal(12, 2), prices)).isEqualTo(NOTHING);
        assertThat(unreadable(decimal(8, 2), prices))
                .isEqualTo("/f: the reader has bytes as decimal of precision 8 and scale 2,"
                        + " the writer bytes as decimal of precision 10 and scale 2");
        assertThat(unreadable(decimal(10, 4), prices))
                .startsWith("/f: the reader has bytes as decimal of precision 10");
        assertThat(unreadable(record("'bytes'"), prices)).startsWith("/f: the reader has bytes, the writer bytes as");
    }

    @Test
    void logical_types_are_compared_wherever_they_stand() {
        String date = "{'type':'int','logicalType':'date'}";
        String shape = "{'type':'record','name':'N','fields':["
                + "{'name':'days','type':{'type':'array','items':['null',%1$s]}},"
                + "{'name':'%2$s','type':{'type':'map','values':%1$s},'aliases':['old']},"
                + "{'name':'day','type':['string',%1$s]},"
                + "{'name':'next','type':['null','N']}]}";

        List<String> differences = schema(shape.formatted("'long'", "new"))
                .unreadable(schema(shape.formatted(date, "old").replace(",'aliases':['old']", "")));

        assertThat(differences)
                .containsExactly(
                        "/days/*: the reader has long, the writer int as date",
                        "/new/*: the reader has long, the writer int as date",
                        "/day: the reader has long, the writer int as date");
    }

    @Test
    void one_alone_and_what_does_not_fit_at_all_are_told_once() {
        String date = "{'type':'int','logicalType':'date'}";

        assertThat(unreadable("'int'", date)).isEqualTo("/: the reader has int, the writer int as date");
        assertThat(unreadable(record("'string'"), record(date))).isEqualTo("/f: the reader has string, the writer int");
    }

    @Test
    void a_schema_reads_itself() {
        assertThat(unreadable(AvroMappingTest.ORDER, AvroMappingTest.ORDER)).isEqualTo(NOTHING);
        assertThat(unreadable(AvroMappingTest.TREE, AvroMappingTest.TREE)).isEqualTo(NOTHING);
    }
}
