/** Event stores on PostgreSQL. */
@NullMarked
package io.clusterdb.events.postgres;

import org.jspecify.annotations.NullMarked;
