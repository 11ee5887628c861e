/** Everything that the house does not want, so that each rule has something to find. */
@NullMarked
package io.clusterdb.events.acceptance.wrong;

import org.jspecify.annotations.NullMarked;
