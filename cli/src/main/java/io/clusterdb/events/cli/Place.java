package io.clusterdb.events.cli;

import io.clusterdb.events.Component;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.config.Configuration;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.rocksdb.RocksDb;
import io.clusterdb.events.spi.Backend;
import io.clusterdb.events.spi.StoreBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where the events are.
 *
 * @param name how the user calls it, for messages
 * @param components a broker, event stores, or both
 * @param bare whether it is a folder without a configuration, of which only what is in it tells what stores there are
 */
record Place(String name, List<Component> components, boolean bare) {
    /** The name of the broker, and so the source of events, when there is a folder and no configuration. */
    private static final String APPLICATION = "events";

    /** What every folder of events has in it, from the moment somebody first opens it. */
    private static final String LOCK = "LOCK";

    private static final Path HERE = Path.of("events.yaml");

    static Place of(CommandSpec asking, @Nullable Path config, @Nullable Path data) {
        if (data != null) {
            return folder(data);
        }
        if (config != null) {
            return file(config);
        }
        String file = System.getenv("EVENTS_CONFIG");
        if (file != null) {
            return file(Path.of(file));
        }
        String folder = System.getenv("EVENTS_DATA");
        if (folder != null) {
            return folder(Path.of(folder));
        }
        if (Files.exists(HERE)) {
            return file(HERE);
        }
        throw new ParameterException(
                asking.commandLine(), "it is not said where the events are; give --data DIR or -c FILE");
    }

    private static Place folder(Path folder) {
        return new Place(
                folder.toString(), List.of(EventBroker.named(APPLICATION).store(RocksDb.at(folder))), true);
    }

    private static Place file(Path file) {
        return new Place(file.toString(), Configuration.read(file).components(), false);
    }

    Optional<EventBroker> broker() {
        return of(EventBroker.class).findFirst();
    }

    private <T> Stream<T> of(Class<T> kind) {
        return components.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** The folder in which the events are, or in which they will be: the broker's, or else a store's. */
    Optional<Path> folder() {
        if (broker().isPresent()) {
            return brokers().flatMap(Backend::folder);
        }
        return places().flatMap(place -> place instanceof Backend backend ? backend.folder().stream() : Stream.empty())
                .findFirst();
    }

    /** Those of stores that have their own. */
    private Stream<StoreBackend> places() {
        return of(EventStore.class).flatMap(store -> Stream.ofNullable(store.place()));
    }

    /** As commands for stores see it: without a broker that nobody can reach, if there are stores that can be. */
    Place forStores() {
        List<Component> apart = of(EventStore.class)
                .filter(store -> store.place() != null)
                .<Component>map(store -> store)
                .toList();
        return isBrokerReachable() || apart.isEmpty() ? this : new Place(name, apart, bare);
    }

    private boolean isBrokerReachable() {
        return brokers().filter(place -> !place.type().equals(Memory.TYPE)).isPresent();
    }

    private Optional<Backend> brokers() {
        return broker().flatMap(broker -> broker.persistence().place());
    }

    /**
     * Refuses what could only be a mistake.
     *
     * @param create whether a folder that is not there is to be made
     */
    void check(boolean create) {
        boolean reachable = broker().isPresent()
                ? isBrokerReachable()
                : places().anyMatch(place -> !place.type().equals(Memory.TYPE));
        if (!reachable) {
            throw RejectedException.notConfigured(
                    "The events of " + name + " can't be reached",
                    "they are kept in the memory of the process that opened them, and nowhere else",
                    "Ask that process; or keep them in a folder (broker.engine: rocksdb)");
        }
        folder().ifPresent(folder -> check(folder, create));
    }

    private static void check(Path folder, boolean create) {
        if (!Files.exists(folder)) {
            if (!create) {
                throw none(folder, "there is no such folder");
            }
        } else if (!Files.isDirectory(folder)) {
            throw none(folder, "it is a file");
        } else if (!Files.exists(folder.resolve(LOCK)) && !(create && isEmpty(folder))) {
            throw none(folder, isEmpty(folder) ? "the folder is empty" : "the folder holds other things");
        }
    }

    private static RejectedException none(Path folder, String why) {
        return RejectedException.notConfigured(
                "There are no events in " + folder,
                why,
                "Correct the path; events topic create makes a new folder with its first topic");
    }

    private static boolean isEmpty(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
