package io.clusterdb.events.log;

import io.clusterdb.events.spi.Commit;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.Storage;
import java.util.List;
import java.util.Map;

/** The transactions that a process left open when it died. Nobody can commit them any more, so they are aborted. */
final class Orphans extends AdminWrite {
    private final Catalog catalog;
    private final Storage storage;
    private final Environment environment;

    Orphans(Catalog catalog, Storage storage, Environment environment) {
        this.catalog = catalog;
        this.storage = storage;
        this.environment = environment;
    }

    /** Nothing can be opened before, and nothing that would free space be done. */
    @Override
    public boolean makesRoom() {
        return true;
    }

    @Override
    public void prepare(Commit commit, List<PartitionLog> touched) {
        Map<Integer, PartitionLog> logs = null;
        try (Storage.Cursor rows = storage.scan(Tables.OPEN, new byte[0], null)) {
            while (rows.next()) {
                logs = logs == null ? catalog.byNumber() : logs;
                long producer = Tables.longAt(rows.key(), 0);
                PartitionLog log = logs.get(Tables.intAt(rows.key(), 8));
                if (log == null) {
                    commit.delete(Tables.OPEN, rows.key());
                    continue;
                }
                PartitionLog.Draft draft = log.draft(touched);
                draft.adopt(producer, Tables.longAt(rows.value(), 0));
                Markers.append(
                        commit,
                        draft,
                        new EmbeddedWriter.Identity(producer, (short) 0, true),
                        false,
                        environment.millis());
            }
        }
    }
}
