/** Tests of the house as a whole: its rooms, its papers, and the mission's samples. */
@NullMarked
package io.clusterdb.events.acceptance;

import org.jspecify.annotations.NullMarked;
