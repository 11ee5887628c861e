package io.clusterdb.events.spi;

/**
 * Data as it is stored.
 *
 * @param contentType its media type
 * @param schema the id of the schema it was checked against
 */
public record EncodedData(Bytes bytes, String contentType, int schema) {}
