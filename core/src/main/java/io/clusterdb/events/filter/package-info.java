/** The one expression language: CEL, over events. */
@NullMarked
package io.clusterdb.events.filter;

import org.jspecify.annotations.NullMarked;
