/** The command {@code events}. Everything it does with a broker goes through {@link io.clusterdb.events.control.Control}. */
@NullMarked
package io.clusterdb.events.cli;

import org.jspecify.annotations.NullMarked;
