/** Contract suites that every engine passes, naive models, faults and simulation. */
@NullMarked
package io.clusterdb.events.testkit;

import org.jspecify.annotations.NullMarked;
