package io.clusterdb.events.benchmarks;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import io.clusterdb.events.schema.AvroFormat;
import io.clusterdb.events.schema.JsonSchemaFormat;
import io.clusterdb.events.spi.ParsedSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.IntToLongFunction;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import tools.jackson.databind.json.JsonMapper;

/** Checks an order by its schema and encodes it, as publishing does, and as the libraries below do alone. */
final class Validation {
    private static final Orders ORDERS = new Orders();

    private Validation() {}

    static Side avro(Settings settings) {
        ParsedSchema schema = new AvroFormat().parse(Orders.AVRO);
        return new PerEvent(settings, encoding(schema, settings.text("from")));
    }

    static Side json(Settings settings) {
        ParsedSchema schema = new JsonSchemaFormat().parse(Orders.JSON_SCHEMA);
        return new PerEvent(settings, encoding(schema, settings.text("from")));
    }

    private static IntToLongFunction encoding(ParsedSchema schema, String from) {
        if (from.equals("record")) {
            return n -> schema.encode(ORDERS.order(n)).length();
        }
        byte[][] encoded = new byte[64][];
        for (int n = 0; n < encoded.length; n++) {
            encoded[n] = schema.encode(ORDERS.order(n)).toArray();
        }
        return n -> schema.encode(encoded[n % encoded.length]).length();
    }

    /** Avro's generic records, which are made before: only their writing is measured. */
    static Side genericAvro(Settings settings) {
        Schema schema = new Schema.Parser().parse(Orders.AVRO);
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
        GenericRecord[] records = new GenericRecord[64];
        for (int n = 0; n < records.length; n++) {
            records[n] = new GenericData.Record(schema);
            records[n].put("id", ORDERS.order(n).id());
            records[n].put("customerId", ORDERS.order(n).customerId());
            records[n].put("total", ORDERS.order(n).total());
        }
        return new PerEvent(settings, n -> written(writer, records[n % records.length]));
    }

    private static long written(GenericDatumWriter<GenericRecord> writer, GenericRecord order) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream(64);
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            writer.write(order, encoder);
            return out.toByteArray().length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Side networknt(Settings settings) {
        com.networknt.schema.Schema schema = SchemaRegistry.withDefaultDialect(Dialects.getDraft202012(), builder -> {})
                .getSchema(JsonMapper.shared().readTree(Orders.JSON_SCHEMA));
        JsonMapper mapper = JsonMapper.shared();
        return new PerEvent(
                settings, n -> schema.validate(mapper.readTree(ORDERS.json(n))).isEmpty() ? 1 : 0);
    }
}
