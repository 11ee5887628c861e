/** What Events is measured with, and against what. */
@NullMarked
package io.clusterdb.events.benchmarks;

import org.jspecify.annotations.NullMarked;
