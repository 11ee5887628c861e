package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.misfit;
import static io.clusterdb.events.schema.AvroReference.record;
import static io.clusterdb.events.schema.AvroReference.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.SchemaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AvroDefinitionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'type':'record','name':'R'}; /fields",
                "{'type':'record','fields':[]}; /name",
                "{'type':'record','name':'1R','fields':[]}; /name",
                "{'type':'record','name':'R','fields':[{'name':'a'}]}; /fields/0/type",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'int'},{'name':'a','type':'int'}]}; /fields/1/name",
                "{'type':'record','name':'R','fields':[{'name':'a-b','type':'int'}]}; /fields/0/name",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'strin'}]}; /fields/0/type",
                "{'type':'record','name':'R','fields':[{'name':'a','type':['null','X']}]}; /fields/0/type/1",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'int','default':'x'}]}; /fields/0/default",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'int','default':1.5}]}; /fields/0/default",
                "{'type':'record','name':'R','fields':[{'name':'a','type':{'type':'array'}}]}; /fields/0/type/items",
                "{'type':'map'}; /values",
                "{'type':'enum','name':'E','symbols':['A','A']}; /symbols/1",
                "{'type':'enum','name':'E','symbols':['A'],'default':'B'}; /default",
                "{'type':'fixed','name':'F','size':-1}; /size",
                "{'type':'fixed','name':'F','size':2147483647}; /size",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'int','order':'up'}]}; ''",
                "{'type':'record','name':'R','fields':[{'name':'a','type':'int','order':1}]}; ''",
                "{'type':'record','name':'R','fields':[{'name':'a','type':{'type':'double'},'default':'x'}]}; ''",
                "{'type':'long','logicalType':'date'}; /logicalType",
                "{'type':'bytes','logicalType':'decimal','precision':2,'scale':3}; /logicalType",
                "7; ''",
            })
    void a_fault_of_a_definition_is_told_with_its_place(String definition, String path) {
        SchemaException e = misfit(() -> schema(definition));

        assertThat(e.path()).isEqualTo(path);
        assertThat(e.expected()).isNotBlank();
        assertThat(e.found()).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'type':'record','name':'R','fields':[{'name':'a','type':{'type':'array','items':'int'},'default':['x']}]}",
                "['int','int']",
                "[['int'],'string']",
                "{'type':'int'",
                "{'type':'int'} x",
                "{'type':'int','type':'long'}",
            })
    void any_other_fault_is_refused_too(String definition) {
        assertThat(misfit(() -> schema(definition)).found()).isNotBlank();
    }

    @Test
    void definitions_that_mean_the_same_have_the_same_canonical_text() {
        String plain = """
                {'type':'record','name':'Order','namespace':'shop','doc':'an order','fields':[
                  {'name':'id','type':{'type':'string'},'doc':'x','aliases':['b','a']},
                  {'name':'item','type':{'type':'fixed','name':'Hash','size':4}},
                  {'name':'total','default':1,'type':'double'}]}""";
        String other = """
                {'fields':[{'type':'string','aliases':['a','b'],'name':'id'},
                  {'type':{'name':'shop.Hash','size':4,'type':'fixed'},'name':'item'},
                  {'name':'total','type':'double','default':1.0}],'type':'record','name':'shop.Order','owner':'me'}""";

        assertThat(schema(plain).canonical()).isEqualTo(schema(other).canonical());
        assertThat(schema(schema(plain).canonical()).canonical())
                .isEqualTo(schema(plain).canonical());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'name':'f','type':'int'}; {'name':'f','type':'int','default':0}",
                "{'name':'f','type':'int','default':1}; {'name':'f','type':'int','default':0}",
                "{'name':'f','type':'int'}; {'name':'f','type':'int','aliases':['g']}",
                "{'name':'f','type':'int'}; {'name':'f','type':{'type':'int','logicalType':'date'}}",
                "{'name':'f','type':'int'}; {'name':'f','type':'int','order':'ignore'}",
                "{'name':'f','type':'int'},{'name':'g','type':'int'}; {'name':'g','type':'int'},{'name':'f','type':'int'}",
                "{'name':'f','type':['null','int']}; {'name':'f','type':['int','null']}",
                "{'name':'f','type':{'type':'enum','name':'E','symbols':['A']}}; {'name':'f','type':{'type':'enum','name':'E','symbols':['A'],'default':'A'}}",
            })
    void what_readers_see_counts_in_the_canonical_text(String one, String other) {
        String shape = "{'type':'record','name':'R','fields':[%s]}";

        assertThat(schema(shape.formatted(one)).canonical())
                .isNotEqualTo(schema(shape.formatted(other)).canonical());
    }

    @Test
    void a_recursive_definition_has_a_canonical_text() {
        assertThat(schema(schema(AvroMappingTest.TREE).canonical()).canonical())
                .isEqualTo(schema(AvroMappingTest.TREE).canonical());
        assertThat(schema(record("'bytes'").replace("'bytes'", "'bytes','default':'\\u00ff'"))
                        .canonical())
                .contains("default");
    }

    @Test
    void the_shape_of_records_that_double_is_not_told_to_the_end() {
        String record = "'int'";
        for (int i = 0; i < 30; i++) {
            record = "{'type':'record','name':'R" + i + "','fields':[{'name':'a','type':" + record
                    + "},{'name':'b','type':" + (i == 0 ? "'int'" : "'R" + (i - 1) + "'") + "}]}";
        }

        assertThat(JsonSchemaDefinitionTest.shapes(schema(record).type())).isBetween(1_000, 4_000);
    }
}
