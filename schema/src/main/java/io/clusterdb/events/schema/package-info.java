/** Formats of schemas: Apache Avro and JSON Schema. Users name them by {@link io.clusterdb.events.Schema}. */
@NullMarked
package io.clusterdb.events.schema;

import org.jspecify.annotations.NullMarked;
