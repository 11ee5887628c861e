/** Storage in a folder: a journal that holds every byte once, and RocksDB for the tables and the index. */
@NullMarked
package io.clusterdb.events.rocksdb;

import org.jspecify.annotations.NullMarked;
