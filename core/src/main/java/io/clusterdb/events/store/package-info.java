/** What an event store means: folds, snapshots, projections, over any engine. */
@NullMarked
package io.clusterdb.events.store;

import org.jspecify.annotations.NullMarked;
