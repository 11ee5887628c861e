package io.clusterdb.events.config;

import io.clusterdb.events.spi.BackendProvider;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The engines that text can name: those on the class path. */
final class Engines {
    private Engines() {}

    /** By type. */
    static Map<String, BackendProvider> found() {
        Map<String, BackendProvider> all = new TreeMap<>();
        ServiceLoader.load(BackendProvider.class, Engines.class.getClassLoader())
                .forEach(provider -> all.put(provider.type(), provider));
        return all;
    }
}
