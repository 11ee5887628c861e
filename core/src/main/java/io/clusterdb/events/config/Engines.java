package io.clusterdb.events.config;

import io.clusterdb.events.spi.BackendProvider;
import io.clusterdb.events.spi.StoreBackendProvider;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The engines of brokers and the places of stores that text can name: those on the class path. */
final class Engines {
    private Engines() {}

    /** Of brokers, by type. */
    static Map<String, BackendProvider> found() {
        Map<String, BackendProvider> all = new TreeMap<>();
        ServiceLoader.load(BackendProvider.class, Engines.class.getClassLoader())
                .forEach(provider -> all.put(provider.type(), provider));
        return all;
    }

    /** Of stores, by type. */
    static Map<String, StoreBackendProvider> stores() {
        Map<String, StoreBackendProvider> all = new TreeMap<>();
        ServiceLoader.load(StoreBackendProvider.class, Engines.class.getClassLoader())
                .forEach(provider -> all.put(provider.type(), provider));
        return all;
    }
}
