/**
 * What an extender needs: the log engine that a broker stands on, the storage that an embedded engine stands on, and the
 * environment (time, randomness, threads) that all of them get from outside.
 */
@NullMarked
package io.clusterdb.events.spi;

import org.jspecify.annotations.NullMarked;
