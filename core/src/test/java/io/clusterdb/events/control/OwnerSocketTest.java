package io.clusterdb.events.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventBroker;
import io.clusterdb.events.Events;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The socket itself: places, permissions, limits, and processes that die. */
@Timeout(60)
class OwnerSocketTest {
    @TempDir
    private Path folder;

    private Events open(Path at) {
        return Events.open(EventBroker.named("shop").store(Folder.at(at)));
    }

    private static ObjectNode request(String verb) {
        return Control.request(verb);
    }

    private static LineChannel connect(Path folder) throws Exception {
        return new LineChannel(
                SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve(Wire.SOCKET))), Wire.MAX_ANSWER);
    }

    /** On a thread of its own: the common pool may have a single one. */
    private static <T> CompletableFuture<T> async(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> new Thread(task).start());
    }

    // --- the file

    @Test
    void only_the_folders_user_may_open_it_and_it_goes_with_its_owner() throws Exception {
        try (Events events = open(folder)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("owner.sock"))))
                    .isEqualTo("rw-------");
            assertThat(events.topics().list()).isEmpty();
            try (var files = Files.list(folder)) {
                assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("LOCK", "owner.sock");
            }
        }
        assertThat(folder.resolve("owner.sock")).doesNotExist();
        assertThat(Control.owner(folder)).isEmpty();
    }

    @Test
    void a_folder_deeper_than_socket_paths_reach_works_too() {
        Path deep = folder.resolve("d".repeat(120)).resolve("e".repeat(120));
        try (Events events = open(deep);
                Control control = Control.owner(deep).orElseThrow()) {
            events.createTopic(Topic.named("orders"));
            assertThat(control.call(request("topic.list")).path("topics")).hasSize(1);
        }
        assertThat(Control.owner(deep)).isEmpty();
    }

    @Test
    void what_a_dead_owner_left_is_nobody_and_is_replaced() throws Exception {
        OwnerProcess dead = OwnerProcess.start(folder, 0);
        assertThat(Control.owner(folder)).isPresent();
        dead.close();

        assertThat(folder.resolve("owner.sock")).exists();
        assertThat(Control.owner(folder)).isEmpty();
        try (Events events = open(folder);
                Control control = Control.owner(folder).orElseThrow()) {
            assertThat(events.topics().list()).isEmpty();
            assertThat(control.call(request("config.show")).path("pid").asLong())
                    .isEqualTo(ProcessHandle.current().pid());
        }
    }

    // --- other processes

    @Test
    void another_process_is_asked_while_it_has_the_folder() throws Exception {
        try (OwnerProcess owner = OwnerProcess.start(folder, 10);
                Control control = Control.owner(folder).orElseThrow()) {
            assertThatThrownBy(() -> open(folder))
                    .isInstanceOfSatisfying(
                            UnavailableException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.FOLDER_IN_USE));
            assertThat(control.call(request("config.show")).path("pid").asLong())
                    .isEqualTo(owner.pid());
            assertThat(control.call(request("topic.status").put("name", "orders"))
                            .path("events")
                            .asInt())
                    .isEqualTo(11);
        }
    }

    @Test
    void an_owner_that_dies_is_unavailable_to_what_it_did_not_hear() throws Exception {
        OwnerProcess owner = OwnerProcess.start(folder, 50_000);
        Control reading = Control.owner(folder).orElseThrow();
        Control changing = Control.owner(folder).orElseThrow();

        UnavailableException cut = catchThrowableOfType(
                UnavailableException.class,
                () -> reading.call(request("logs").put("topic", "orders").put("follow", true), (item, reply) -> {
                    owner.close();
                    return true;
                }));
        UnavailableException refused = catchThrowableOfType(
                UnavailableException.class,
                () -> changing.call(request("topic.delete").put("name", "orders")));

        assertThat(cut.code()).isEqualTo(ErrorCode.OWNER_UNREACHABLE);
        assertThat(refused.code()).isEqualTo(ErrorCode.OWNER_UNREACHABLE);
    }

    @Test
    void an_owner_that_dies_over_a_request_leaves_its_outcome_unknown() throws Exception {
        try (ServerSocketChannel dying = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dying.bind(UnixDomainSocketAddress.of(folder.resolve("owner.sock")));
            for (String verb : List.of("publish", "topic.list")) {
                CompletableFuture<Integer> death = async(() -> hearAndHangUp(dying));
                Control control = Control.owner(folder).orElseThrow();

                EventsException end = catchThrowableOfType(EventsException.class, () -> control.call(request(verb)));

                assertThat(end.code())
                        .isEqualTo(verb.equals("publish") ? ErrorCode.OUTCOME_UNKNOWN : ErrorCode.OWNER_UNREACHABLE);
                assertThat(death.join()).isPositive();
            }
        }
    }

    private static int hearAndHangUp(ServerSocketChannel server) {
        try (SocketChannel client = server.accept()) {
            client.write(ByteBuffer.wrap("{\"protocol\": 1}\n".getBytes(StandardCharsets.UTF_8)));
            return client.read(ByteBuffer.allocate(1_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void somebody_else_on_the_socket_is_no_owner() throws Exception {
        try (ServerSocketChannel stranger = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stranger.bind(UnixDomainSocketAddress.of(folder.resolve("owner.sock")));
            CompletableFuture<Integer> greeting = async(() -> greet(stranger, "{\"protocol\": 2}\n"));

            assertThatThrownBy(() -> Control.owner(folder))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("version 2");
            greeting.join();
        }
    }

    private static int greet(ServerSocketChannel server, String line) {
        try (SocketChannel client = server.accept()) {
            return client.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void an_owner_that_closes_answers_what_it_has_begun_and_does_nothing_more() throws Exception {
        Events events = open(folder);
        events.createTopic(Topic.named("orders"));
        Control idle = Control.owner(folder).orElseThrow();
        Control following = Control.owner(folder).orElseThrow();
        Control publishing = Control.owner(folder).orElseThrow();
        CompletableFuture<Void> open = new CompletableFuture<>();
        CompletableFuture<EventsException> cut = async(() -> catchThrowableOfType(
                EventsException.class,
                () -> following.call(request("logs").put("topic", "orders").put("follow", true), (item, reply) -> {
                    open.complete(null);
                    return true;
                })));
        CompletableFuture<Integer> published = async(() -> publishUntilClosed(publishing));
        open.join();

        events.close();

        assertThat(cut.join().code()).isEqualTo(ErrorCode.OWNER_UNREACHABLE);
        assertThat(catchThrowableOfType(
                        UnavailableException.class,
                        () -> idle.call(request("topic.delete").put("name", "orders"))))
                .isNotNull();
        try (Events again = open(folder)) {
            long stored = again.topics().status("orders").partitions().get(0).end();
            assertThat(stored).isEqualTo(published.join().longValue());
        }
    }

    /** How many events were published; every other end than a clear no is a failure of the test. */
    private static int publishUntilClosed(Control control) {
        ObjectNode publish = request("publish").put("topic", "orders");
        publish.putArray("events").addObject().put("type", "a");
        for (int n = 0; ; n++) {
            try {
                control.call(publish);
            } catch (UnavailableException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.OWNER_UNREACHABLE);
                return n;
            }
        }
    }

    // --- limits

    @Test
    void a_client_that_does_not_read_holds_up_nobody() throws Exception {
        try (Events events = open(folder)) {
            events.createTopic(Topic.named("orders"));
            for (int n = 0; n < 5_000; n++) {
                events.publishAsync("orders", Event.of("big", Map.of("text", "x".repeat(1_000))));
            }
            List<LineChannel> lazy = new ArrayList<>();
            for (int n = 0; n < 10; n++) {
                LineChannel channel = connect(folder);
                channel.write(request("logs").put("topic", "orders").put("follow", true));
                lazy.add(channel);
            }
            long before = System.nanoTime();
            for (int n = 0; n < 1_000; n++) {
                events.publish("orders", Event.of("small"));
            }
            try (Control control = Control.owner(folder).orElseThrow()) {
                assertThat(control.call(request("topic.status").put("name", "orders"))
                                .path("events")
                                .asInt())
                        .isEqualTo(6_000);
            }
            assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(20));
            lazy.forEach(LineChannel::close);
        }
    }

    @Test
    void too_many_connections_are_refused_and_places_come_free_again() throws Exception {
        try (Events events = open(folder)) {
            List<Control> all = new ArrayList<>();
            for (int n = 0; n < Wire.MAX_CONNECTIONS; n++) {
                all.add(Control.owner(folder).orElseThrow());
            }
            EventsException refused = catchThrowableOfType(UnavailableException.class, () -> Control.owner(folder));
            assertThat(refused.problem().why()).contains("32");

            all.forEach(Control::close);
            Control again = null;
            while (again == null) {
                try {
                    again = Control.owner(folder).orElseThrow();
                } catch (UnavailableException e) {
                    Thread.onSpinWait(); // the owner notices the hang-ups on its own threads
                }
            }
            again.close();
            assertThat(events.topics().list()).isEmpty();
        }
    }

    @Test
    void a_line_that_is_too_long_or_no_json_ends_its_connection_alone() throws Exception {
        try (Events events = open(folder);
                LineChannel garbage = connect(folder);
                LineChannel endless = connect(folder);
                Control other = Control.owner(folder).orElseThrow()) {
            garbage.read();
            garbage.channel().write(ByteBuffer.wrap("what?\n".getBytes(StandardCharsets.UTF_8)));
            JsonNode answer = requireNonNull(garbage.read());
            assertThat(answer.path("error").path("code").asString()).isEqualTo("EV-1005");
            assertThat(garbage.read()).isNull();

            endless.read();
            CompletableFuture<Integer> writing = async(() -> flood(endless));
            JsonNode refusal = requireNonNull(endless.read());
            assertThat(refusal.path("error").path("code").asString()).isEqualTo("EV-2004");
            endless.channel().close();
            assertThat(writing.join()).isLessThan(64);

            assertThat(other.call(request("topic.list")).path("topics")).isEmpty();
            assertThat(events.topics().list()).isEmpty();
        }
    }

    @Test
    void a_request_that_is_too_long_is_refused_in_the_words_of_the_owner() {
        try (Events events = open(folder);
                Control control = Control.owner(folder).orElseThrow()) {
            ObjectNode request = request("publish").put("topic", "x".repeat(Wire.MAX_REQUEST + 1));

            assertThatThrownBy(() -> control.call(request))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining("EV-2004");
            assertThat(events.topics().list()).isEmpty();
        }
    }

    private static int flood(LineChannel channel) {
        ByteBuffer part = ByteBuffer.wrap("x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
        for (int mib = 0; mib < 64; mib++) {
            try {
                channel.channel().write(part.rewind());
            } catch (IOException e) {
                return mib; // refused meanwhile, as it should be
            }
        }
        return 64;
    }

    @Test
    void a_second_request_while_one_runs_is_refused() throws Exception {
        try (Events events = open(folder);
                LineChannel channel = connect(folder)) {
            events.createTopic(Topic.named("orders"));
            channel.read();
            channel.write(request("logs").put("topic", "orders").put("follow", true));
            channel.write(request("topic.list"));

            assertThat(requireNonNull(channel.read()).path("error").path("why").asString())
                    .contains("one at a time");
        }
    }
}
