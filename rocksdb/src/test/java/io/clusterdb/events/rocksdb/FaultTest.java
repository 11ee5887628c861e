package io.clusterdb.events.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.Event;
import io.clusterdb.events.EventReader;
import io.clusterdb.events.Events;
import io.clusterdb.events.LogQuery;
import io.clusterdb.events.Published;
import io.clusterdb.events.Topic;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.testkit.CrashedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Full and failing disks, and two who want one folder, with real processes and system calls. */
class FaultTest {
    private static final Duration CAUGHT_UP = Duration.ofMillis(1);

    @TempDir
    Path home;

    private final List<String> said = new ArrayList<>();
    private Path disk;
    private Path folder;
    private CrashedProcess process;

    @BeforeEach
    void prepare() throws IOException {
        disk = Files.createDirectories(home.resolve("disk"));
        folder = disk.resolve("data");
        process = new CrashedProcess(home, RocksDbLife.jvmOptions(home), FaultyLife.class);
    }

    private void assertEnded(int exit) throws IOException {
        assertThat(exit).as("it said %s\n%s", said, process.errors()).isZero();
        assertThat(said).endsWith("closed");
    }

    private List<String> kept() {
        return said.stream()
                .filter(line -> line.startsWith("kept "))
                .map(line -> line.substring("kept ".length()))
                .toList();
    }

    private List<String> found() {
        List<String> ids = new ArrayList<>();
        try (Events events = Events.open(RocksDbLife.broker(folder));
                EventReader reader = events.read(LogQuery.of("kept"))) {
            while (!reader.isCaughtUp()) {
                reader.next(CAUGHT_UP).ifPresent(event -> ids.add(event.event().id()));
            }
        }
        return ids;
    }

    /** On a disk of its own, of 24 MB, that is gone with the process. */
    private void liveOnSmallDisk(String... lives) throws IOException {
        String mount = "mount -t tmpfs -o size=24m tmpfs \"$0\"";
        for (String how : lives) {
            mount += " && \"$@\" '" + how + "'";
        }
        List<String> mounted = List.of("unshare", "--mount", "--map-root-user", "sh", "-c", mount, disk.toString());
        assertEnded(process.under(mounted, List.of(folder.toString()), said::add));
    }

    @Test
    void interrupted_thread_closes_it_like_any_other() {
        List<CompletableFuture<Published>> published = new ArrayList<>();
        Events events = Events.open(RocksDbLife.broker(folder));
        events.createTopic(Topic.named("kept"));
        for (int n = 0; n < 100; n++) {
            published.add(events.publishAsync("kept", Event.of("thing", n)));
        }
        Thread.currentThread().interrupt();
        events.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(published)
                .allSatisfy(each ->
                        assertThat(each.join().offset()).as("its offset").isPresent());
        assertThat(found()).hasSize(100);
    }

    @Test
    void disk_that_events_fill_refuses_more_and_goes_on_when_there_is_room() throws IOException {
        liveOnSmallDisk("fill");

        assertThat(said).contains("kept kept-0", "full DISK_FULL", "readable 1");
        assertThat(said.getLast()).isEqualTo("closed");
        assertThat(kept()).hasSize(2);
    }

    @Test
    void disk_that_is_full_to_the_last_byte_refuses_more_and_goes_on_when_there_is_room() throws IOException {
        liveOnSmallDisk("be filled");

        int refused = said.indexOf("refused DISK_FULL");
        assertThat(refused).as("it said %s", said).isPositive();
        assertThat(said.get(refused + 1)).isEqualTo("readable " + (refused - 1));
        assertThat(said.get(said.size() - 2)).startsWith("kept ");
    }

    @Test
    void topic_that_is_deleted_where_others_fill_the_disk_gives_its_space_back() throws IOException {
        liveOnSmallDisk("delete");

        assertThat(said).contains("refused DISK_FULL", "deleted other", "freed");
    }

    @Test
    void folder_with_a_transaction_opens_on_a_full_disk() throws IOException {
        liveOnSmallDisk("die", "open on a full disk");
    }

    @Test
    void flush_is_known_to_be_done_after_a_compaction_that_found_no_space() throws IOException {
        liveOnSmallDisk("compact");

        assertThat(said).contains("flushed true");
    }

    @ParameterizedTest
    @CsvSource({
        "index/CURRENT, EMFILE, EV-4004",
        "index/CURRENT, EACCES, EV-4004",
        "durable, EACCES, EV-4004",
        "journal/0000000000000001.journal, EMFILE, EV-4004",
        "journal/0000000000000001.journal, ENOSPC, EV-4003",
    })
    void folder_whose_files_the_system_refuses_is_not_called_damaged(String file, String error, String code)
            throws IOException {
        open(folder).close();
        List<String> strace = List.of(
                "-o",
                home.resolve("trace").toString(),
                "-P",
                folder.resolve(file).toString(),
                "-e",
                "inject=openat:error=" + error);

        int exit = process.trace(strace, List.of(folder.toString(), "open"), said::add);

        assertThat(exit).isNotZero();
        assertThat(process.errors()).contains(code).doesNotContain("damaged");
        open(folder).close();
    }

    private static Events open(Path folder) {
        return Events.open(RocksDbLife.broker(folder));
    }

    @Test
    void interrupted_thread_opens_it_like_any_other() {
        open(folder).close();
        Thread.currentThread().interrupt();

        Events events = open(folder);

        assertThat(Thread.interrupted()).isTrue();
        events.createTopic(Topic.named("kept"));
        events.publish("kept", Event.of("thing", 1));
        events.close();
        assertThat(found()).hasSize(1);
    }

    @Test
    void journal_that_finds_no_space_for_a_while_loses_nothing() throws IOException {
        fail("pwrite64:error=ENOSPC:when=20..35");

        assertThat(said).contains("refused DISK_FULL");
        assertThat(found()).containsSubsequence(kept()).doesNotHaveDuplicates();
        assertThat(kept()).hasSizeGreaterThan(40);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fdatasync:error=EIO:when=30+", "fdatasync:error=EIO:when=30", "pwrite64:error=EIO:when=30"})
    void disk_that_fails_stops_writing_and_keeps_what_was_acknowledged(String fault) throws IOException {
        fail(fault);

        List<String> refusals =
                said.stream().filter(l -> l.startsWith("refused ")).toList();
        assertThat(refusals).hasSize(5).last().isEqualTo("refused STORAGE_FAILED");
        assertThat(refusals.getFirst()).isEqualTo("refused OUTCOME_UNKNOWN");
        assertThat(said).anyMatch(line -> line.startsWith("readable "));
        assertThat(kept()).hasSizeGreaterThan(5);
        assertThat(found()).containsSubsequence(kept()).doesNotHaveDuplicates();
    }

    /** On calls for the first file of the journal alone. */
    private void fail(String fault) throws IOException {
        Path journal = folder.resolve("journal").resolve(Segment.fileName(1));
        List<String> strace =
                List.of("-o", home.resolve("trace").toString(), "-P", journal.toString(), "-e", "inject=" + fault);
        assertEnded(process.trace(strace, List.of(folder.toString(), "publish"), said::add));
    }

    @Test
    void second_owner_is_refused_in_this_process_and_in_another() throws IOException {
        try (Events owner = Events.open(RocksDbLife.broker(folder))) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> Events.open(RocksDbLife.broker(folder)))
                        .isInstanceOfSatisfying(
                                UnavailableException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.FOLDER_IN_USE));
            }

            int exit = process.run(List.of(folder.toString(), "publish"), (line, running) -> said.add(line));

            assertThat(exit).isNotZero();
            assertThat(process.errors())
                    .contains(ErrorCode.FOLDER_IN_USE.id())
                    .contains("process " + ProcessHandle.current().pid());
            assertThat(owner.topics().list()).isEmpty();
        }
    }
}
