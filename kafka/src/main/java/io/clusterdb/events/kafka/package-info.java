/** Events on Apache Kafka. */
@NullMarked
package io.clusterdb.events.kafka;

import org.jspecify.annotations.NullMarked;
