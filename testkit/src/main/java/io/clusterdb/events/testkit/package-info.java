/** What every engine is held to: contract suites that an engine joins by one subclass. */
@NullMarked
package io.clusterdb.events.testkit;

import org.jspecify.annotations.NullMarked;
