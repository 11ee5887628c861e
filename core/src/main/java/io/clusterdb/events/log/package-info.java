/** The embedded engines, written once over {@link io.clusterdb.events.spi.Storage}. */
@NullMarked
package io.clusterdb.events.log;

import org.jspecify.annotations.NullMarked;
