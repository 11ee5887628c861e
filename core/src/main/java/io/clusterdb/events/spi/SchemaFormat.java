package io.clusterdb.events.spi;

/**
 * A language of schemas. Found by {@link java.util.ServiceLoader} when a schema names it, so it must be public with a
 * constructor without parameters, and cheap to load. Thread-safe.
 */
public interface SchemaFormat {
    /** As a {@link io.clusterdb.events.Schema} names it. */
    String name();

    /**
     * Understands a definition.
     *
     * @throws SchemaException when it is none; the path is the place in the definition
     */
    ParsedSchema parse(String definition);
}
