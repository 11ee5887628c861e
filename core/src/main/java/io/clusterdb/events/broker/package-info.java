/** What a broker means, written once over any log engine: publishing, groups, delivery, retries, dead letters. */
@NullMarked
package io.clusterdb.events.broker;

import org.jspecify.annotations.NullMarked;
