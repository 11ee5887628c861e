package io.clusterdb.events.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Schema;
import io.clusterdb.events.SchemaCompatibility;
import io.clusterdb.events.StoreSchema;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.testkit.Patience;
import io.clusterdb.events.testkit.StoreSchemaContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PostgresStoreSchemaContractIT extends StoreSchemaContract {
    private static final int PROGRAMS = 4;

    private @Nullable Postgres postgres;

    @Override
    protected StoreBackend place(Path home) {
        if (postgres == null) {
            postgres = PostgresServer.without("orders");
        }
        return postgres;
    }

    /** Each declares another property, so that each but the first must follow what another one has declared. */
    @Test
    void programs_that_open_at_once_give_each_other_the_versions() throws Exception {
        StoreBackend place = PostgresServer.without("raced");
        List<CompletableFuture<Void>> opening = new ArrayList<>();
        for (int p = 0; p < PROGRAMS; p++) {
            Schema schema = Schema.jsonSchema(
                    "{\"type\": \"object\", \"properties\": {\"p" + p + "\": {\"type\": \"string\"}}}",
                    SchemaCompatibility.NONE);
            opening.add(EngineFixture.start(
                    () -> Events.open(EventStore.named("raced").store(place).schema(schema))
                            .close()));
        }
        new Patience(Duration.ofSeconds(60)).get(CompletableFuture.allOf(opening.toArray(CompletableFuture<?>[]::new)));

        try (Events events = Events.open(EventStore.named("raced").store(place))) {
            List<StoreSchema> kept = events.store().schemas();
            assertThat(kept)
                    .extracting(StoreSchema::version)
                    .containsExactlyElementsOf(
                            IntStream.rangeClosed(1, PROGRAMS).boxed().toList());
            assertThat(kept).extracting(each -> each.schema().definition()).doesNotHaveDuplicates();
        }
    }
}
