package io.clusterdb.events.spi;

/** Bytes that don't follow their format. Engines turn it into a Corruption that says where. */
public final class MalformedBytesException extends RuntimeException {
    public MalformedBytesException(String what) {
        super(what);
    }
}
