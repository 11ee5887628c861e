package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.Aggregate;
import io.clusterdb.events.AggregateType;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStream;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Snapshot;
import io.clusterdb.events.SnapshotConfig;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What snapshots promise, on every engine: a shorter way to the same state, and never to another one. */
public abstract class SnapshotContract extends StoreFixture {
    /** How many events a load had to fold. */
    private static final AtomicInteger FOLDED = new AtomicInteger();

    private static final AggregateType<Order> COUNTED = AggregateType.of("Order", Order.class)
            .starts(OrderCreated.class, Order::created)
            .on(OrderPaid.class, (order, event) -> {
                FOLDED.incrementAndGet();
                return Order.paid(order, event);
            });

    /** A state with an amount. */
    public record Account(BigDecimal amount) {}

    private int foldedByLoading(AggregateType<Order> type, String id) {
        FOLDED.set(0);
        events.loadAggregate(type, id);
        return FOLDED.get();
    }

    private void openWithout() {
        events.close();
        events = openAs(orders().snapshots(SnapshotConfig.OFF));
    }

    @Test
    void created_by_hand_is_where_loading_and_streams_begin() {
        openWithout();
        grow("o-1", 50);
        events.createSnapshot(events.loadAggregate(COUNTED, "o-1"));
        events.storeEvent(paid("o-1", 51, 1));

        assertThat(foldedByLoading(COUNTED, "o-1")).isEqualTo(1);
        EventStream stream = events.getEventStream("o-1").withSnapshot();
        Snapshot snapshot = stream.snapshot().orElseThrow();
        assertThat(snapshot.version()).isEqualTo(50);
        assertThat(snapshot.state(Order.class)).isEqualTo(new Order("c-1", 1_000, 49));
        assertThat(versions(stream)).containsExactly(51L);
    }

    @Test
    void gives_decimals_as_they_were() {
        openWithout();
        AggregateType<Account> type =
                AggregateType.of("Account", Account.class).starts("Opened", BigDecimal.class, Account::new);
        for (String amount : List.of("2.50", "12345678901234567.89")) {
            Account account = new Account(new BigDecimal(amount));
            events.storeEvent(DomainEvent.of("Account", amount, 1, "Opened", account.amount()));
            events.createSnapshot(events.loadAggregate(type, amount));

            assertThat(events.loadAggregate(type, amount).state()).isEqualTo(account);
            Snapshot snapshot = events.store().snapshots(amount).get(0);
            assertThat(snapshot.state(Account.class)).isEqualTo(account);
            assertThat(snapshot.state().get("amount").decimalValue()).isEqualTo(account.amount());
        }
    }

    /** A state without an order. */
    record Tags(Set<String> names) {}

    @Test
    void are_taken_of_a_state_whose_set_has_another_order_when_it_is_read_back() {
        openWithout();
        AggregateType<Tags> type = AggregateType.of("Tags", Tags.class)
                .starts("Tagged", String.class, text -> new Tags(new LinkedHashSet<>(List.of(text.split(" ")))));
        events.storeEvent(DomainEvent.of("Tags", "t-1", 1, "Tagged", "zeta b a y 42 c"));
        events.createSnapshot(events.loadAggregate(type, "t-1"));

        assertThat(events.store().snapshots("t-1")).hasSize(1);
        assertThat(events.loadAggregate(type, "t-1").state().names()).hasSize(6).contains("zeta", "42");
    }

    /** A state that is a tree. */
    record Document(ObjectNode tree) {}

    @Test
    void are_taken_of_a_tree_whatever_the_kinds_of_its_numbers() {
        openWithout();
        AggregateType<Document> type = AggregateType.of("Document", Document.class)
                .starts(
                        "Counted",
                        Long.class,
                        count -> new Document(
                                JsonNodeFactory.instance.objectNode().put("count", count)));
        events.storeEvent(DomainEvent.of("Document", "d-1", 1, "Counted", 5));
        events.createSnapshot(events.loadAggregate(type, "d-1"));

        assertThat(events.store().snapshots("d-1")).hasSize(1);
    }

    /** A state of any values. */
    record Values(Map<String, Object> byName) {}

    @Test
    void are_not_taken_of_a_number_that_comes_back_as_one_of_another_type() {
        openWithout();
        AggregateType<Values> type = AggregateType.of("Values", Values.class)
                .starts("Counted", Long.class, count -> new Values(Map.of("count", count)));
        events.storeEvent(DomainEvent.of("Values", "v-1", 1, "Counted", 5));
        Aggregate<Values> values = events.loadAggregate(type, "v-1");

        assertThatThrownBy(() -> events.createSnapshot(values)).isInstanceOf(RejectedException.class);
        assertThat(events.loadAggregate(type, "v-1").state().byName()).containsEntry("count", 5L);
    }

    /** A state that keeps something to itself. */
    static final class Purse {
        private long cents;

        Purse with(long more) {
            Purse fuller = new Purse();
            fuller.cents = cents + more;
            return fuller;
        }
    }

    @Test
    void are_not_taken_of_a_state_that_json_does_not_tell_whole() {
        openWithout();
        AggregateType<Purse> type =
                AggregateType.of("Purse", Purse.class).starts("Filled", Long.class, cents -> new Purse().with(cents));
        events.storeEvent(DomainEvent.of("Purse", "p-1", 1, "Filled", 5));
        Aggregate<Purse> purse = events.loadAggregate(type, "p-1");

        assertThatThrownBy(() -> events.createSnapshot(purse))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("does not tell all of its fields");
        assertThat(events.loadAggregate(type, "p-1").state().cents).isEqualTo(5);
    }

    @Test
    void are_not_taken_of_a_fold_that_can_not_be_told_from_others() {
        events.close();
        events = openAs(orders().snapshots(SnapshotConfig.every(2)));
        grow("o-1", 10);
        List<Long> factors = new ArrayList<>(List.of(2L));
        AggregateType<Order> type = AggregateType.of("Order", Order.class)
                .starts(OrderCreated.class, Order::created)
                .on(
                        OrderPaid.class,
                        (order, event) -> new Order(
                                order.customer(), order.total(), order.paid() + factors.get(0) * event.amount()));
        Aggregate<Order> doubled = events.loadAggregate(type, "o-1");

        assertThatThrownBy(() -> events.createSnapshot(doubled))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("foldVersion");
        factors.set(0, 3L);
        assertThat(events.loadAggregate(type, "o-1").state().paid()).isEqualTo(27);
        events.createSnapshot(events.loadAggregate(type.foldVersion("3"), "o-1"));
        assertThat(events.store().snapshots("o-1")).hasSize(1);
    }

    @Test
    void those_of_all_folds_are_listed() {
        openWithout();
        grow("o-1", 3);
        grow("o-1 x", 1);
        events.createSnapshot(events.loadAggregate(COUNTED.foldVersion("1"), "o-1"));
        events.storeEvent(paid("o-1", 4, 1));
        events.createSnapshot(events.loadAggregate(COUNTED.foldVersion("2"), "o-1"));
        events.createSnapshot(events.loadAggregate(COUNTED, "o-1 x"));

        assertThat(events.store().snapshots("o-1"))
                .extracting(Snapshot::version)
                .containsExactlyInAnyOrder(3L, 4L);
        assertThat(events.store().snapshots("o-1")).extracting(Snapshot::fold).doesNotHaveDuplicates();
        assertThat(events.store().snapshots("o-1 x")).hasSize(1);
        assertThat(events.store().snapshots("o-2")).isEmpty();
    }

    @Test
    void stream_without_a_snapshot_begins_at_the_first_event() {
        grow("o-1", 3);

        EventStream stream = events.getEventStream("o-1").withSnapshot();

        assertThat(stream.snapshot()).isEmpty();
        assertThat(versions(stream)).containsExactly(1L, 2L, 3L);
    }

    @Test
    void taken_at_every_interval_while_events_are_stored() throws Exception {
        events.close();
        events = openAs(orders().snapshots(SnapshotConfig.every(10)).aggregates(COUNTED));
        grow("o-1", 25);

        patience.until("a snapshot", () -> foldedByLoading(COUNTED, "o-1") == 0);
        events.storeEvents(java.util.List.of(paid("o-1", 26, 1), paid("o-1", 27, 1)));
        patience.until("a load begins at a snapshot", () -> foldedByLoading(COUNTED, "o-1") <= 2);
        assertThat(events.loadAggregate(COUNTED, "o-1").state()).isEqualTo(new Order("c-1", 1_000, 26));
    }

    @Test
    void are_taken_while_appends_go_on() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        AggregateType<Order> slow = AggregateType.of("Order", Order.class)
                .starts(OrderCreated.class, Order::created)
                .on(OrderPaid.class, (order, event) -> {
                    wait(held);
                    return Order.paid(order, event);
                })
                .foldVersion("slow");
        events.close();
        events = openAs(orders().snapshots(SnapshotConfig.every(5)).aggregates(slow));
        try {
            patience.get(CompletableFuture.runAsync(() -> grow("o-1", 12)));
            assertThat(events.store().snapshots("o-1")).isEmpty();
        } finally {
            held.countDown();
        }
        patience.until("a snapshot", () -> !events.store().snapshots("o-1").isEmpty());
    }

    private static void wait(CountDownLatch held) {
        try {
            held.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void survives_opening_again() {
        openWithout();
        grow("o-1", 20);
        events.createSnapshot(events.loadAggregate(COUNTED, "o-1"));
        openWithout();

        assertThat(foldedByLoading(COUNTED, "o-1")).isZero();
        assertThat(events.store().ignoredSnapshots()).isZero();
    }

    @Test
    void of_another_fold_is_ignored_and_counted() {
        openWithout();
        grow("o-1", 20);
        events.createSnapshot(events.loadAggregate(COUNTED, "o-1"));
        AggregateType<Order> doubled = AggregateType.of("Order", Order.class)
                .starts(OrderCreated.class, Order::created)
                .on(OrderPaid.class, (order, event) -> {
                    FOLDED.incrementAndGet();
                    return new Order(order.customer(), order.total(), order.paid() + 2 * event.amount());
                });

        assertThat(events.loadAggregate(doubled.foldVersion("2"), "o-1").state().paid())
                .isEqualTo(38);
        assertThat(events.store().ignoredSnapshots()).isEqualTo(1);
        assertThat(foldedByLoading(COUNTED, "o-1"))
                .as("the other one is still there")
                .isZero();
    }

    @Test
    void of_a_declared_fold_version_is_used_by_that_version_only() {
        openWithout();
        grow("o-1", 20);
        events.createSnapshot(events.loadAggregate(COUNTED.foldVersion("1"), "o-1"));

        assertThat(foldedByLoading(COUNTED.foldVersion("1"), "o-1")).isZero();
        assertThat(foldedByLoading(COUNTED.foldVersion("2"), "o-1")).isEqualTo(19);
    }

    @Test
    void of_a_version_that_no_event_has_is_ignored_and_counted() {
        openWithout();
        grow("o-1", 3);
        events.createSnapshot(new Aggregate<>(COUNTED, "o-1", 4, new Order("c-1", 1, 1)));

        assertThat(foldedByLoading(COUNTED, "o-1")).isEqualTo(2);
        assertThat(events.store().ignoredSnapshots()).isEqualTo(1);
        events.storeEvent(paid("o-1", 4, 1));
        assertThat(foldedByLoading(COUNTED, "o-1")).as("it has caught up").isZero();
    }

    @Test
    void of_an_aggregate_of_another_type_is_no_state_of_this_one() {
        openWithout();
        grow("o-1", 3);
        events.createSnapshot(events.loadAggregate(COUNTED.foldVersion("1"), "o-1"));
        AggregateType<Order> other = AggregateType.of("Basket", Order.class)
                .starts(OrderCreated.class, Order::created)
                .on(OrderPaid.class, Order::paid)
                .foldVersion("1");

        assertThatThrownBy(() -> events.loadAggregate(other, "o-1")).isInstanceOf(ConflictException.class);
    }

    @Test
    void more_events_than_a_page_behind_it_are_folded() {
        openWithout();
        grow("o-1", 3);
        events.createSnapshot(events.loadAggregate(COUNTED, "o-1"));
        for (int page = 0; page < 3; page++) {
            List<DomainEvent> some = new ArrayList<>();
            for (int n = 0; n < 400; n++) {
                some.add(paid("o-1", 4 + page * 400 + n, 1));
            }
            events.storeEvents(some);
        }

        assertThat(foldedByLoading(COUNTED, "o-1")).isEqualTo(1_200);
        assertThat(events.loadAggregate(COUNTED, "o-1").version()).isEqualTo(1_203);
        assertThat(versions(events.getEventStream("o-1").backwards())).hasSize(1_203);
    }

    @Test
    void never_changes_what_is_loaded() {
        Random random = new Random(7);
        events.close();
        events = openAs(orders().snapshots(SnapshotConfig.every(3)));
        for (int round = 0; round < 60; round++) {
            String id = "o-" + random.nextInt(5);
            if (events.getEvents(id).isEmpty()) {
                events.storeEvent(created(id, random.nextInt(100)));
            } else {
                Aggregate<Order> order = events.loadAggregate(ORDER, id);
                events.storeEvent(order.next(new OrderPaid(random.nextInt(100))));
                if (random.nextInt(4) == 0) {
                    events.createSnapshot(order);
                }
            }
            Order folded = null;
            for (var event : events.getEvents(id)) {
                folded = ORDER.apply(folded, event);
            }
            assertThat(events.loadAggregate(ORDER, id).state()).isEqualTo(folded);
        }
    }
}
