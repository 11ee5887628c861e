package io.clusterdb.events.acceptance;

/** What the samples are about. */
record Order(String id, String customerId, double total) {}
