package io.clusterdb.events.testkit;

import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.StreamStatus;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreTransaction;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An engine of stores that accepts everything and does nothing: a contract that it passes is not worth much. */
public final class HollowStore implements StoreEngine, StoreBackend {
    @Override
    public String type() {
        return "hollow";
    }

    @Override
    public StoreEngine open(EventStore store, DataCodec codec, Environment environment) {
        return this;
    }

    @Override
    public Stored append(Append append, String inline, List<DocumentChange> documents) {
        return new Stored(new AppendToken("", 0, Map.of()), true);
    }

    @Override
    public StoreTransaction begin(Class<?> resource, boolean appends) {
        throw RejectedException.engine("No transaction begins", "the store is hollow", "Use another one");
    }

    @Override
    public Optional<StoreTransaction> exclusive() {
        return Optional.empty();
    }

    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public Optional<StreamHead> head(String aggregateId) {
        return Optional.empty();
    }

    @Override
    public List<StreamStatus> streams(String after, int limit) {
        return List.of();
    }

    @Override
    public List<DomainEvent> stream(String aggregateId, long from, int limit) {
        return List.of();
    }

    @Override
    public List<DomainEvent> backwards(String aggregateId, long from, int limit) {
        return List.of();
    }

    @Override
    public Page all(long after, int limit, Selection selection) {
        return new Page(List.of(), after);
    }

    @Override
    public long lastPosition() {
        return 0;
    }

    @Override
    public long position(AppendToken token) {
        return 0;
    }

    @Override
    public Watch watch(Runnable signal) {
        return () -> {};
    }

    @Override
    public @Nullable Bytes document(String collection, String key) {
        return null;
    }

    @Override
    public List<Document> documents(String collection, String after, int limit) {
        return List.of();
    }

    @Override
    public void write(List<DocumentChange> changes) {
        // Accepted.
    }

    @Override
    public void drop(String collection) {
        // Accepted.
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
