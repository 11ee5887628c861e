package io.clusterdb.events.testkit;

import io.clusterdb.events.AggregateType;
import io.clusterdb.events.Append;
import io.clusterdb.events.AppendToken;
import io.clusterdb.events.ConflictException;
import io.clusterdb.events.DomainEvent;
import io.clusterdb.events.EventStore;
import io.clusterdb.events.ExpectedVersion;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Projection;
import io.clusterdb.events.ProjectionStatus;
import io.clusterdb.events.SnapshotConfig;
import io.clusterdb.events.UnavailableException;
import io.clusterdb.events.Upcasters;
import io.clusterdb.events.View;
import io.clusterdb.events.log.EmbeddedLog;
import io.clusterdb.events.memory.MemoryStorage;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Environment;
import io.clusterdb.events.spi.LogEngine;
import io.clusterdb.events.spi.Storage;
import io.clusterdb.events.spi.StoreBackend;
import io.clusterdb.events.spi.StoreEngine;
import io.clusterdb.events.store.OpenStore;
import io.clusterdb.events.testkit.FaultyStorage.Fault;
import io.clusterdb.events.testkit.StoreModel.Answer;
import io.clusterdb.events.testkit.StoreModel.Request;
import io.clusterdb.events.testkit.StoreModel.Stored;
import io.clusterdb.events.testkit.StoreModel.Wanted;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One simulated life of an embedded event store, drawn from a seed: appends of every kind, one after the other and
 * together; snapshots, projections that are waited for and made anew; the disk is full, a sync fails, and at any commit or
 * sync the power may be lost. What is then there is told to a {@link StoreModel}.
 */
final class StoreRun {
    private static final List<String> AGGREGATES = List.of("a", "b", "c", "d");
    private static final long[] FACTORS = {31, 37};
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Random random;
    private final Simulation simulation;
    private final MemoryStorage memory = MemoryStorage.withPowerLoss();
    private final StoreModel model = new StoreModel();
    private final List<Request> requests = new ArrayList<>();
    private final List<Long> effects = new ArrayList<>();
    private FaultyStorage storage = new FaultyStorage(memory);
    private OpenStore store;
    private View<Sum> view;

    /** Commits and syncs until the power is lost. */
    private int untilPowerLoss = Integer.MAX_VALUE;

    private @Nullable AppendToken last;
    private boolean unknown;
    private boolean syncFails;
    private int ids;

    /** The data of an event. */
    record Changed(long amount) {}

    /** What the events of an aggregate add up to. */
    record Sum(long count, long amounts) {
        Sum and(long amount, long factor) {
            return new Sum(count + 1, amounts * factor + amount);
        }
    }

    /** Goes through everything, as nobody catches it: the process is gone. */
    private static final class PowerLoss extends Error {
        private static final long serialVersionUID = 1;
    }

    private StoreRun(long seed) {
        this.random = new Random(~seed);
        this.simulation = new Simulation(seed);
        this.store = open();
        this.view = run();
    }

    static void run(long seed, int operations) {
        StoreRun run = new StoreRun(seed);
        for (int i = 0; i < operations; i++) {
            run.operateAndCheck();
        }
        run.crash();
        run.check();
    }

    // --- the store

    private OpenStore open() {
        storage = new FaultyStorage(losingPower());
        SnapshotConfig snapshots = new SnapshotConfig(random.nextBoolean(), 3, random.nextBoolean());
        EventStore config =
                EventStore.named("things").snapshots(snapshots).aggregates(type(random.nextInt(FACTORS.length)));
        StoreBackend place = new StoreBackend() {
            @Override
            public String type() {
                return "simulated";
            }

            @Override
            public StoreEngine open(EventStore described, DataCodec codec, Environment environment) {
                return EmbeddedLog.store(storage, new LogEngine.Facts(type(), true), described, codec, environment);
            }
        };
        return OpenStore.open(config, place, Upcasters.NONE, simulation);
    }

    /** The memory, until the power is lost: before or behind a commit or a sync. */
    private Storage losingPower() {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, args) -> {
                    boolean writes = method.getName().equals("commit")
                            || method.getName().equals("sync");
                    boolean lost = writes && --untilPowerLoss <= 0;
                    if (lost && random.nextBoolean()) {
                        throw new PowerLoss();
                    }
                    try {
                        Object result = method.invoke(memory, args);
                        if (lost) {
                            throw new PowerLoss();
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static AggregateType<Sum> type(int fold) {
        long factor = FACTORS[fold];
        return AggregateType.of("Thing", Sum.class)
                .starts(Changed.class, first -> new Sum(0, 0).and(first.amount, factor))
                .on(Changed.class, (sum, next) -> sum.and(next.amount, factor))
                .foldVersion(String.valueOf(fold));
    }

    private View<Sum> run() {
        int version = 1 + random.nextInt(FACTORS.length);
        return store.projections()
                .run(Projection.of("sums", Sum.class).version(version).on("Changed", (event, context) -> {
                    long position = event.position();
                    context.effect(() -> effects.add(position));
                    Sum before = context.get(event.aggregateId()).orElse(new Sum(0, 0));
                    context.put(
                            event.aggregateId(), before.and(event.data(Changed.class).amount, FACTORS[version - 1]));
                }));
    }

    // --- what happens

    private void operateAndCheck() {
        try {
            operate();
        } catch (PowerLoss | OutcomeUnknownException e) {
            unknown = true;
        }
        if (unknown) {
            crash();
        }
        check();
    }

    private void operate() {
        int dice = random.nextInt(100);
        if (dice < 38) {
            attempt(request());
        } else if (dice < 50) {
            together(1 + random.nextInt(3));
        } else if (dice < 60 && !requests.isEmpty()) {
            attempt(again(earlier()));
        } else if (dice < 68) {
            waitForTheView();
        } else if (dice < 72) {
            rebuild();
        } else if (dice < 77) {
            snapshot();
        } else if (dice < 85) {
            simulation.steps(1 + random.nextInt(10));
        } else if (dice < 88) {
            simulation.pass(Duration.ofMillis(random.nextInt(700)));
        } else if (dice < 91) {
            storage.failCommit(Fault.FULL);
        } else if (dice < 92) {
            storage.failSync();
            syncFails = true;
        } else if (dice < 94) {
            reopen();
        } else if (dice < 98) {
            untilPowerLoss = 1 + random.nextInt(6);
        } else {
            crash();
        }
    }

    private Request request() {
        List<Wanted> events = new ArrayList<>();
        Map<String, String> conditions = new HashMap<>();
        for (String aggregate : some()) {
            long version = model.version(aggregate);
            boolean exact = random.nextBoolean();
            boolean wrong = random.nextInt(8) == 0;
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                version++;
                events.add(new Wanted(
                        "e" + ids++, aggregate, exact ? (wrong ? version + 1 : version) : 0, random.nextInt(50)));
            }
        }
        if (random.nextInt(3) == 0) {
            String aggregate = AGGREGATES.get(random.nextInt(AGGREGATES.size()));
            conditions.put(
                    aggregate,
                    switch (random.nextInt(4)) {
                        case 0 -> "any";
                        case 1 -> "none";
                        case 2 -> "exists";
                        default -> String.valueOf(Math.max(0, model.version(aggregate) - random.nextInt(2)));
                    });
        }
        Request request = new Request(List.copyOf(events), Map.copyOf(conditions));
        requests.add(request);
        return request;
    }

    private Set<String> some() {
        Set<String> some = new HashSet<>();
        for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
            some.add(AGGREGATES.get(random.nextInt(AGGREGATES.size())));
        }
        return some;
    }

    private Request earlier() {
        return requests.get(requests.size() - 1 - random.nextInt(Math.min(8, requests.size())));
    }

    private Request again(Request request) {
        return switch (random.nextInt(5)) {
            case 0, 1 -> request;
            case 2, 3 -> changed(request);
            default -> widened(request);
        };
    }

    /** With an event more, now and then with an id that another one of them has. */
    private Request widened(Request request) {
        List<Wanted> events = new ArrayList<>(request.events());
        Wanted last = events.get(events.size() - 1);
        String id = random.nextInt(4) == 0 ? last.id() : "e" + ids++;
        long version = last.version() == 0 ? 0 : last.version() + 1;
        events.add(new Wanted(id, last.aggregate(), version, random.nextInt(50)));
        return new Request(events, request.conditions());
    }

    /** The same ids with other content. */
    private static Request changed(Request request) {
        List<Wanted> events = new ArrayList<>(request.events());
        Wanted first = events.get(0);
        events.set(0, new Wanted(first.id(), first.aggregate(), first.version(), first.amount() + 100));
        return new Request(events, request.conditions());
    }

    private void attempt(Request request) {
        Answer answer = null;
        try {
            answer = stored(store.storeEvents(append(request)));
        } catch (ConflictException e) {
            answer = Answer.of(e.code().name());
        } catch (UnavailableException e) {
            answer = Answer.of("NOTHING");
        } catch (OutcomeUnknownException e) {
            unknown = true;
        } finally {
            model.attempted(request, answer);
        }
    }

    private Answer stored(AppendToken token) {
        last = token;
        return new Answer("STORED", token.versions(), token.mark());
    }

    private static Append append(Request request) {
        Append append = Append.of(request.events().stream()
                .map(e -> DomainEvent.of("Thing", e.aggregate(), e.version(), new Changed(e.amount()))
                        .withId(e.id()))
                .toList());
        for (Map.Entry<String, String> condition : request.conditions().entrySet()) {
            append = append.expecting(
                    condition.getKey(),
                    switch (condition.getValue()) {
                        case "any" -> ExpectedVersion.any();
                        case "none" -> ExpectedVersion.noStream();
                        case "exists" -> ExpectedVersion.streamExists();
                        default -> ExpectedVersion.exact(Long.parseLong(condition.getValue()));
                    });
        }
        return append;
    }

    /** Appends that wait for each other's commit, in any order; now and then it finds no space. */
    private void together(int count) {
        int[] done = {0};
        if (random.nextInt(3) == 0) {
            storage.failCommit(Fault.FULL);
        }
        List<Request> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(random.nextInt(4) == 0 && !requests.isEmpty() ? earlier() : request());
        }
        for (int i = 0; i < count; i++) {
            int number = i;
            simulation.execute(() -> {
                attempt(all.get(number));
                done[0]++;
            });
        }
        while (done[0] < count) {
            simulation.step();
        }
    }

    private void waitForTheView() {
        if (last != null) {
            try {
                view.await(last, LONG);
            } catch (UnavailableException e) {
                if (syncFails) {
                    throw new PowerLoss(); // nothing goes on before it is opened again
                }
                throw new AssertionError("the projection never comes to " + last, e);
            }
            require(view.status().position() >= last.mark(), "the projection is at " + view.status());
        }
    }

    private void rebuild() {
        try {
            store.projections().rebuild("sums");
        } catch (ConflictException | UnavailableException e) {
            // It is being made anew, or the disk is full.
        }
    }

    private void snapshot() {
        String aggregate = AGGREGATES.get(random.nextInt(AGGREGATES.size()));
        if (model.version(aggregate) > 0) {
            try {
                store.createSnapshot(store.loadAggregate(type(random.nextInt(FACTORS.length)), aggregate));
            } catch (UnavailableException e) {
                // The disk is full.
            }
        }
    }

    private void reopen() {
        store.close();
        restart();
    }

    private void restart() {
        simulation.kill();
        untilPowerLoss = Integer.MAX_VALUE;
        syncFails = false;
        store = open();
        view = run();
    }

    private void crash() {
        memory.losePower(random.nextInt(memory.unsynced() + 1));
        memory.sync(); // what is left is on the disk
        unknown = false;
        restart();
    }

    // --- what is found

    private void check() {
        List<Stored> seen = new ArrayList<>();
        for (DomainEvent event : store.all()) {
            seen.add(seen(event));
            require(event.position() == seen.size(), "event " + seen.size() + " has position " + event.position());
        }
        model.check(seen);
        for (String aggregate : AGGREGATES) {
            require(seen(store.getEvents(aggregate)).equals(model.stream(aggregate)), "the events of " + aggregate);
        }
        String aggregate = AGGREGATES.get(random.nextInt(AGGREGATES.size()));
        require(
                seen(store.getEventStream(aggregate).backwards())
                        .equals(model.stream(aggregate).reversed()),
                "the events of " + aggregate + " backwards");
        checkLoading(aggregate, random.nextInt(FACTORS.length));
        checkView();
    }

    private static List<Stored> seen(Iterable<DomainEvent> events) {
        List<Stored> seen = new ArrayList<>();
        events.forEach(event -> seen.add(seen(event)));
        return seen;
    }

    private static Stored seen(DomainEvent event) {
        long amount = event.data(Changed.class).amount;
        return new Stored(String.valueOf(event.id()), event.aggregateId(), event.version(), amount, false);
    }

    private void checkLoading(String aggregate, int fold) {
        List<Long> sum = model.sums(model.size(), FACTORS[fold]).get(aggregate);
        if (sum != null) {
            Sum state = store.loadAggregate(type(fold), aggregate).state();
            require(state.equals(sum(sum)), "the state of " + aggregate + " is " + state + ", not " + sum);
        }
    }

    private static Sum sum(List<Long> of) {
        return new Sum(of.get(0), of.get(1));
    }

    private void checkView() {
        ProjectionStatus status = view.status();
        require(status.position() <= model.size(), "the projection is ahead: " + status);
        require(new HashSet<>(effects).size() == effects.size(), "effects are there twice: " + effects);
        Map<String, Sum> expected = new HashMap<>();
        model.sums(status.position(), FACTORS[status.version() - 1]).forEach((key, of) -> expected.put(key, sum(of)));
        require(
                view.list().equals(expected),
                "at " + status + " the documents are " + view.list() + ", not " + expected);
    }

    private static void require(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
