package io.clusterdb.events.spi;

import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Schema;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The formats of schemas on the class path, looked for when a schema first names one. Thread-safe. */
public final class SchemaFormats {
    private static final String MODULE = "io.clusterdb.events:events-schema";

    private final Map<String, SchemaFormat> formats = new ConcurrentHashMap<>();

    /** @param what the schema is for, for errors */
    public ParsedSchema parse(Schema schema, String what) {
        SchemaFormat format = formats.computeIfAbsent(schema.format(), name -> find(name, what));
        try {
            return format.parse(schema.definition());
        } catch (SchemaException e) {
            throw RejectedException.badSchema(what, String.valueOf(e.getMessage()), e);
        }
    }

    private static SchemaFormat find(String name, String what) {
        Map<String, SchemaFormat> found = new TreeMap<>();
        for (SchemaFormat format : ServiceLoader.load(SchemaFormat.class, SchemaFormats.class.getClassLoader())) {
            found.put(format.name(), format);
        }
        SchemaFormat format = found.get(name);
        if (format == null) {
            throw RejectedException.badSchema(
                    what,
                    "its format is " + name + ", the class path has " + found.keySet() + "; " + MODULE + " brings "
                            + Schema.AVRO + " and " + Schema.JSON_SCHEMA,
                    null);
        }
        return format;
    }
}
