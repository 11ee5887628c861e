/** The user's dictionary: the front door {@link Events} and the values it takes and gives. */
@NullMarked
package io.clusterdb.events;

import org.jspecify.annotations.NullMarked;
