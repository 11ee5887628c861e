package io.clusterdb.events.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.AppendToken;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Events;
import io.clusterdb.events.Filter;
import io.clusterdb.events.Projection;
import io.clusterdb.events.View;
import io.clusterdb.events.rocksdb.RocksDb;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of the guide about projections. */
class ProjectionGuideTest {
    record OrderCreated(String customer, double total) {}

    // snippet: projection
    record Customer(int orders, double total) {
        static Customer ordered(@Nullable Customer before, OrderCreated event) {
            return before == null
                    ? new Customer(1, event.total())
                    : new Customer(before.orders + 1, before.total + event.total());
        }
    }

    static final Projection<Customer> CUSTOMERS = Projection.of("customers", Customer.class)
            .on(OrderCreated.class, OrderCreated::customer, Customer::ordered);
    // end

    @TempDir
    private Path home;

    @Test
    void a_projection_is_waited_for_or_inline() {
        try (Events events = Events.open(EventStore.named("order-store").store(RocksDb.at(home)))) {
            // snippet: projection-view
            View<Customer> customers = events.store().projections().run(CUSTOMERS);

            AppendToken stored =
                    events.storeEvent(DomainEvent.of("Order", "order-1", 1, new OrderCreated("c-1", 1200)));
            customers.await(stored, Duration.ofSeconds(5));
            Customer one = customers.get("c-1").orElseThrow();
            Map<String, Customer> good = customers.list(Filter.expression("data.total >= 1000"));
            // end

            assertThat(one).isEqualTo(new Customer(1, 1200));
            assertThat(good).containsOnlyKeys("c-1");
            events.store().projections().stop("customers");

            // snippet: projection-inline
            View<Customer> upToDate = events.store().projections().run(CUSTOMERS.inline());

            events.storeEvent(DomainEvent.of("Order", "order-2", 1, new OrderCreated("c-1", 800)));
            Customer two = upToDate.get("c-1").orElseThrow(); // order-2 is in it
            // end

            assertThat(upToDate.status().inline()).isTrue();
            assertThat(two).isEqualTo(new Customer(2, 2000));
        }
    }
}
