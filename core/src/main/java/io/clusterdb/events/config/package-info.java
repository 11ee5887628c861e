/** Configuration as text: YAML files into the values that {@link io.clusterdb.events.Events} is opened with, and back. */
@NullMarked
package io.clusterdb.events.config;

import org.jspecify.annotations.NullMarked;
