package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ByteSize;
import io.clusterdb.events.CleanupPolicy;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.Consumer;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.Published;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Route;
import io.clusterdb.events.StoredEvent;
import io.clusterdb.events.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What routes of topics promise, on every engine. */
public abstract class RoutingContract extends GroupFixture {
    private static final String LARGE = "data.total >= 1000";

    private String copies;

    @BeforeEach
    final void makeTheTarget() {
        copies = "large-" + topic;
        events.createTopic(Topic.named(copies).partitions(2));
    }

    private void routed(String expression) {
        events.createTopic(Topic.named(topic).partitions(3).route(expression, copies));
    }

    private Published publish(String id, double total) {
        return events.publish(
                topic,
                Event.of("order.created", new Order(id, total)).withId(id).withKey(id));
    }

    private List<String> ids(String name) {
        return all(name).stream().map(stored -> stored.event().id()).toList();
    }

    private static EventsException failureOf(Runnable call) {
        return catchThrowableOfType(EventsException.class, call::run);
    }

    @Test
    void events_that_match_are_copied_as_they_are() {
        routed(LARGE);
        Instant time = Instant.parse("2024-05-06T07:08:09.123456789Z");
        Event event = Event.of("order.created", new Order("o-1", 1_200))
                .withId("evt-1")
                .withSource("shop")
                .withSubject("o-1")
                .withTime(time)
                .withKey("customer-7")
                .withMetadata(Map.of("trace", "t-1"));

        Published published = events.publish(topic, event);
        publish("small", 10);

        assertThat(published.topic()).isEqualTo(topic);
        assertThat(ids(topic)).containsExactlyInAnyOrder("evt-1", "small");
        assertThat(all(copies)).singleElement().satisfies(copy -> {
            assertThat(copy.event())
                    .extracting(Event::id, Event::type, Event::source, Event::subject, Event::key)
                    .containsExactly("evt-1", "order.created", "shop", "o-1", "customer-7");
            assertThat(copy.event().metadata()).isEqualTo(Map.of("trace", "t-1"));
            assertThat(copy.event().bytes()).isEqualTo(event.bytes());
            assertThat(copy.event().time()).isEqualTo(time);
        });
    }

    @Test
    void what_an_event_lacks_does_not_match() {
        routed(LARGE);

        events.publish(topic, Event.of("order.noted"));
        events.publish(topic, Event.of("order.noted", Map.of("note", "no total")));
        events.publish(topic, Event.of("order.noted", new byte[] {1, 2, 3}));

        assertThat(all(topic)).hasSize(3);
        assertThat(all(copies)).isEmpty();
    }

    @Test
    void what_publish_fills_in_can_be_asked_for() {
        routed("source != '' && id != '' && time > timestamp('2020-01-01T00:00:00Z') && topic == '" + topic + "'");

        events.publish(topic, Event.of("order.created"));

        assertThat(ids(copies)).isEqualTo(ids(topic)).hasSize(1);
    }

    @Test
    void order_of_a_key_holds_for_events_that_match_and_others() {
        routed("data.total >= 1000");
        int count = 600;
        List<CompletableFuture<Published>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Order order = new Order(Integer.toString(i), i % 3 == 0 ? 2_000 : 1);
            answers.add(events.publishAsync(
                    topic, Event.of("order.created", order).withId("e" + i).withKey("k" + i % 5)));
        }
        answers.forEach(CompletableFuture::join);

        assertInOrder(topic, count);
        assertInOrder(copies, count / 3);
    }

    private void assertInOrder(String name, int count) {
        List<StoredEvent> all = all(name);
        assertThat(all).hasSize(count);
        for (int k = 0; k < 5; k++) {
            String key = "k" + k;
            assertThat(all.stream()
                            .filter(stored -> key.equals(stored.event().key()))
                            .map(stored -> Integer.parseInt(
                                    String.valueOf(stored.event().id()).substring(1))))
                    .as("events of %s in %s", key, name)
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void several_routes_to_one_topic_make_one_copy() {
        String others = "others-" + topic;
        events.createTopic(Topic.named(others));
        events.createTopic(Topic.named(topic)
                .route(LARGE, copies)
                .route("type == 'order.created'", copies)
                .route("key.startsWith('a')", others));

        publish("a-1", 5_000);
        publish("b-1", 5);

        assertThat(ids(copies)).containsExactlyInAnyOrder("a-1", "b-1");
        assertThat(ids(others)).containsExactly("a-1");
    }

    @Test
    void copies_are_not_routed_on() {
        routed("true");
        events.topics().alter(copies, t -> t.route("true", topic));

        publish("there", 1);
        events.publish(copies, Event.of("order.created").withId("back"));

        assertThat(ids(topic)).containsExactlyInAnyOrder("there", "back");
        assertThat(ids(copies)).containsExactlyInAnyOrder("there", "back");
    }

    @Test
    void routes_are_kept_with_their_topic() {
        routed(LARGE);
        events.close();
        events = open(home);

        assertThat(events.topics().get(topic).routes()).containsExactly(new Route(LARGE, copies));
        publish("o-1", 1_000);
        assertThat(ids(copies)).containsExactly("o-1");
    }

    @Test
    void routes_are_altered() {
        topic(1);
        publish("before", 5_000);
        events.topics().alter(topic, t -> t.route(LARGE, copies));
        publish("within", 5_000);
        events.topics().alter(topic, t -> t.routes(List.of()));
        publish("after", 5_000);

        assertThat(ids(topic)).containsExactly("before", "within", "after");
        assertThat(ids(copies)).containsExactly("within");
    }

    @Test
    void routes_that_lead_nowhere_are_refused() {
        topic(1);
        Map<Route, String> bad = Map.of(
                new Route("true", topic), "to the topic itself",
                new Route("true", "unknown-" + topic), "there is no topic",
                new Route("true", "_events.groups"), "the broker's own");

        bad.forEach((route, why) -> {
            EventsException refused = failureOf(() -> events.topics().alter(topic, t -> t.routes(List.of(route))));
            assertThat(refused).isInstanceOf(RejectedException.class).hasMessageContainingAll(route.toString(), why);
            assertThat(refused.code()).isEqualTo(ErrorCode.BAD_ROUTE);
        });
        assertThat(events.topics().get(topic).routes()).isEmpty();
    }

    @Test
    void routes_with_a_bad_condition_are_refused() {
        for (String bad : List.of("data.total >=", "unknown == 1", "1 + 1", "partition == 0", "offset > 3")) {
            EventsException refused = failureOf(
                    () -> events.createTopic(Topic.named("other-" + topic).route(bad, copies)));
            assertThat(refused.code()).isEqualTo(ErrorCode.BAD_EXPRESSION);
            assertThat(refused).hasMessageContaining(bad);
        }
    }

    @Test
    void a_topic_that_is_routed_to_can_not_be_deleted() {
        routed(LARGE);

        EventsException refused = failureOf(() -> events.deleteTopic(copies));
        assertThat(refused).isInstanceOf(ConflictException.class).hasMessageContainingAll(topic, copies);
        assertThat(refused.code()).isEqualTo(ErrorCode.ROUTE_TARGET);

        events.topics().alter(topic, t -> t.routes(List.of()));
        events.deleteTopic(copies);
        publish("o-1", 9_000);
        assertThat(ids(topic)).containsExactly("o-1");
    }

    @Test
    void an_event_whose_copy_does_not_fit_is_not_written_at_all() {
        routed(LARGE);
        events.topics().alter(copies, t -> t.maxMessageSize(ByteSize.bytes(20)));
        assertNotWritten(() -> publish("large", 2_000), "20 bytes");
        publish("small", 2);

        events.topics().alter(copies, t -> t.maxMessageSize(ByteSize.kib(20)).cleanup(CleanupPolicy.COMPACT));
        assertNotWritten(
                () -> events.publish(topic, Event.of("order.created", new Order("o-1", 3_000))), "needs a key");
        assertNotWritten(
                () -> events.transaction(tx -> tx.publish(topic, Event.of("order.created", new Order("o-1", 3_000)))),
                "needs a key");

        assertThat(ids(topic)).containsExactly("small");
        assertThat(all(copies)).isEmpty();
    }

    private void assertNotWritten(Runnable publish, String why) {
        EventsException refused = failureOf(publish);
        assertThat(refused).isInstanceOf(RejectedException.class);
        assertThat(refused.code()).isEqualTo(ErrorCode.ROUTE_REFUSED);
        assertThat(refused).hasMessageContainingAll(topic, LARGE + " -> " + copies, why);
    }

    @Test
    void copies_are_part_of_the_transaction() {
        routed(LARGE);
        IllegalStateException reason = new IllegalStateException("not this time");

        assertThatThrownBy(() -> events.transaction(tx -> {
                    tx.publish(topic, Event.of("order.created", new Order("o-1", 5_000)));
                    throw reason;
                }))
                .isSameAs(reason);
        events.transaction(tx -> {
            tx.publish(topic, Event.of("order.created", new Order("o-2", 5_000)).withId("o-2"));
            tx.publishAsync(
                    topic, Event.of("order.created", new Order("o-3", 6_000)).withId("o-3"));
            assertThat(all(copies)).isEmpty();
        });

        assertThat(ids(topic)).containsExactlyInAnyOrder("o-2", "o-3");
        assertThat(ids(copies)).containsExactlyInAnyOrder("o-2", "o-3");
    }

    @Test
    void what_is_replayed_is_not_routed_again() {
        topicAndGroup(1);
        events.topics().alter(topic, t -> t.route(LARGE, copies));
        try (Consumer consumer = events.subscribe(subscription())) {
            events.topics().alter(group + ".dlq", t -> t.route("true", copies));
            publish("o-1", 7_000);
            take(consumer).term("tested");
            assertThat(events.deadLetters().replay(group, null, 10, false)).isOne();
            take(consumer).commit();
        }

        assertThat(ids(copies)).containsExactly("o-1");
    }

    @Test
    void a_window_of_known_ids_and_copies_do_not_go_together() {
        Duration window = Duration.ofMinutes(2);
        routed(LARGE);

        assertThatThrownBy(() -> events.topics().alter(copies, t -> t.deduplication(window)))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("deduplication");
        assertThat(events.topics().get(copies).config().deduplication()).isNull();
    }
}
