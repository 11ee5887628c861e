/** Storage in memory, for tests, simulation and events that may be forgotten. */
@NullMarked
package io.clusterdb.events.memory;

import org.jspecify.annotations.NullMarked;
