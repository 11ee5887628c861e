package io.clusterdb.events.schema;

import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;

/** As Avro's compiler makes classes: with a schema of its own, one field shorter than the writer's and with one more. */
public class SpecificItem extends SpecificRecordBase {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("checkstyle:ConstantName")
    public static final Schema SCHEMA$ = AvroReference.avro("{'type':'record','name':'SpecificItem',"
            + "'namespace':'io.clusterdb.events.schema','fields':[{'name':'sku','type':'string'},"
            + "{'name':'colour','type':'string','default':'red'}]}");

    private Object sku = "";
    private Object colour = "";

    @Override
    public Schema getSchema() {
        return SCHEMA$;
    }

    @Override
    public Object get(int field) {
        return field == 0 ? sku : colour;
    }

    @Override
    public void put(int field, Object value) {
        if (field == 0) {
            sku = value;
        } else {
            colour = value;
        }
    }
}
