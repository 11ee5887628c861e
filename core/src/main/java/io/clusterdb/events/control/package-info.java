/**
 * How commands reach a broker, whether it runs in their process or in another: requests in JSON, one dispatcher that
 * turns them into calls of {@link io.clusterdb.events.Events}, and the socket on which the process that has a folder
 * answers the others. The format is in docs/formats/owner-socket.md.
 */
@NullMarked
package io.clusterdb.events.control;

import org.jspecify.annotations.NullMarked;
