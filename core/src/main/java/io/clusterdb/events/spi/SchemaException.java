package io.clusterdb.events.spi;

import org.jspecify.annotations.Nullable;

/** A definition, or data, is not what it must be. Never leaves the broker but as cause. */
public final class SchemaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String path;
    private final String expected;
    private final String found;

    /**
     * @param path where: a JSON pointer, or the names of Avro fields after slashes; empty for the whole
     * @param expected what would be right there
     * @param found what is there
     */
    public SchemaException(String path, String expected, String found) {
        this(path, expected, found, null);
    }

    public SchemaException(String path, String expected, String found, @Nullable Throwable cause) {
        super((path.isEmpty() ? "" : path + ": ") + "expected " + expected + ", found " + found, cause);
        this.path = path;
        this.expected = expected;
        this.found = found;
    }

    public String path() {
        return path;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
