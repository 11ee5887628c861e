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
import io.clusterdb.events.OutcomeUnknownException;
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
    void an_owner_that_dies_leaves_a_reading_unavailable_and_a_change_unknown() throws Exception {
        OwnerProcess owner = OwnerProcess.start(folder, 50_000);
        Control reading = Control.owner(folder).orElseThrow();
        Control changing = Control.owner(folder).orElseThrow();

        UnavailableException unavailable = catchThrowableOfType(
                UnavailableException.class,
                () -> reading.call(request("logs").put("topic", "orders").put("follow", true), (item, reply) -> {
                    owner.close();
                    return true;
                }));
        OutcomeUnknownException unknown = catchThrowableOfType(
                OutcomeUnknownException.class,
                () -> changing.call(request("topic.delete").put("name", "orders")));

        assertThat(unavailable.code()).isEqualTo(ErrorCode.OWNER_UNREACHABLE);
        assertThat(unknown.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    }

    @Test
    void somebody_else_on_the_socket_is_no_owner() throws Exception {
        try (ServerSocketChannel stranger = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stranger.bind(UnixDomainSocketAddress.of(folder.resolve("owner.sock")));
            CompletableFuture<Void> greeting = CompletableFuture.runAsync(() -> greet(stranger, "{\"protocol\": 2}\n"));

            assertThatThrownBy(() -> Control.owner(folder))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("version 2");
            greeting.join();
        }
    }

    private static void greet(ServerSocketChannel server, String line) {
        try (SocketChannel client = server.accept()) {
            client.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> flood(endless));
            JsonNode refusal = requireNonNull(endless.read());
            assertThat(refusal.path("error").path("code").asString()).isEqualTo("EV-2004");
            endless.channel().close();
            writing.join();

            assertThat(other.call(request("topic.list")).path("topics")).isEmpty();
            assertThat(events.topics().list()).isEmpty();
        }
    }

    private static void flood(LineChannel channel) {
        ByteBuffer part = ByteBuffer.wrap("x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
        try {
            for (int mib = 0; mib < 64; mib++) {
                channel.channel().write(part.rewind());
            }
        } catch (IOException e) {
            // refused meanwhile, as it should be
        }
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
