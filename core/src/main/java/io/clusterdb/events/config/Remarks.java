package io.clusterdb.events.config;

import io.clusterdb.events.EventBroker;
import io.clusterdb.events.ReplicationConfig;
import io.clusterdb.events.spi.Backend;
import java.util.List;

/** Settings that are right in themselves but have no effect with the others. */
final class Remarks {
    private Remarks() {}

    static List<String> of(EventBroker broker) {
        ReplicationConfig replication = broker.replication();
        Backend store = broker.persistence().store();
        boolean wanted = replication.factor() > 1 || !replication.cluster().isEmpty();
        if (!wanted || (store != null && broker.persistence().enabled() && store.replicates())) {
            return List.of();
        }
        String engine = store == null || !broker.persistence().enabled() ? "memory" : store.type();
        String nodes = replication.cluster().isEmpty() ? "" : " on " + String.join(", ", replication.cluster());
        String copies = replication.factor() + (replication.factor() == 1 ? " copy" : " copies");
        return List.of(
                "replication asks for " + copies + nodes + "; engine " + engine + " keeps one copy, on this machine");
    }
}
