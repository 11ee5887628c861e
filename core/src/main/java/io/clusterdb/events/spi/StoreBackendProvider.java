package io.clusterdb.events.spi;

import java.util.Map;

/**
 * Makes the {@link StoreBackend} that a text configuration names, and tells how to write one down. Found with
 * {@link java.util.ServiceLoader}, so it must be public with a constructor without parameters, and cheap to load.
 */
public interface StoreBackendProvider {
    /** The word for it in configuration: {@code store.persistence.store.type}. */
    String type();

    /**
     * The place that the settings describe. It is not opened.
     *
     * @param place the settings under {@code store.persistence.store}, without the type
     */
    StoreBackend read(Settings place);

    /** The settings of a place of this type that {@link #read} makes an equal one of; maps may be nested. */
    Map<String, Object> write(StoreBackend place);
}
