package io.clusterdb.events.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.ConflictException;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.Projection;
import io.clusterdb.events.memory.Memory;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.spi.StoreEngine.DocumentChange;
import io.clusterdb.events.spi.Threads;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What several processes do to the builds of one projection. */
class BuildsTest {
    private final Threads threads = new Threads();
    private StoreEngine engine;
    private Builds builds;

    @BeforeEach
    void begin() {
        engine = new Memory(new MemoryStorage()).open(EventStore.named("orders"), DataCodec.NONE, threads);
        builds = new Builds(engine, "sums");
        Build first = Build.begin(1, 0, 0);
        builds.write(List.of(
                builds.change((Builds.FoundActive) null, Build.Active.first(first)),
                builds.change((Builds.Found) null, first)));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void none_has_the_name_of_one_that_was_dropped() {
        Set<String> names = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            builds.rebuild();
            Builds.FoundActive found = builds.begun();
            String target = found.active().target();
            assertThat(target)
                    .isNotNull()
                    .satisfies(name -> assertThat(names.add(name)).isTrue());

            Builds.Found slow = builds.get(String.valueOf(target));
            builds.abandon(found);
            builds.rebuild();
            assertThatThrownBy(() -> builds.write(List.of(
                            builds.change(slow, slow.build().at(5)),
                            DocumentChange.put(builds.documents(slow.build().name()), "k", Bytes.EMPTY))))
                    .isInstanceOf(ConflictException.class);
            builds.abandon(builds.begun());
        }
    }

    @Test
    void one_that_is_read_while_it_is_dropped_has_changed() {
        assertThatThrownBy(() -> builds.get("7.7"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("7.7");
    }

    @Test
    void a_version_is_declared_even_when_another_process_goes_on_meanwhile() {
        int[] meanwhile = {3};
        StoreEngine overtaken = (StoreEngine) Proxy.newProxyInstance(
                StoreEngine.class.getClassLoader(), new Class<?>[] {StoreEngine.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("write") && meanwhile[0]-- > 0) {
                        Bytes active = engine.document("projections", "sums");
                        Bytes other = Bytes.utf8(String.valueOf(active == null ? "" : active.utf8()) + ' ');
                        engine.write(List.of(DocumentChange.put("projections", "sums", other)));
                    }
                    try {
                        return method.invoke(engine, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        Projection<Integer> second =
                Projection.of("sums", Integer.class).version(2).onOthers((event, context) -> context.put("all", 1));

        try (ProjectionRun<Integer> run = new ProjectionRun<>(overtaken, second, threads)) {
            run.begin();

            assertThat(run.answering()).isNotNull();
            assertThat(builds.begun().active())
                    .satisfiesAnyOf(
                            active -> assertThat(active.target()).startsWith("2."),
                            active -> assertThat(active.name()).startsWith("2."));
        }
    }
}
