package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Each of these faults of an embedded event store is noticed by the test of the contract that says so. */
class StoreMutantsTest {
    static Stream<StoreMutants.Caught> mutants() {
        return StoreMutants.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void mutants_are_caught_by_the_contract(StoreMutants.Caught caught) throws Exception {
        assertThat(run(caught, caught.mutant()).failed().count())
                .as("failed with: " + caught)
                .isEqualTo(1);
    }

    /** Else the way in which a mutant is loaded could be what fails. */
    @ParameterizedTest
    @MethodSource("mutants")
    void without_the_fault_the_same_test_passes(StoreMutants.Caught caught) throws Exception {
        String right = caught.mutant().right();
        Mutant none = new Mutant("no fault", caught.mutant().source(), right, right);

        assertThat(run(caught, none).succeeded().count()).isEqualTo(1);
    }

    static Stream<Mutant> simulated() {
        return Stream.concat(StoreMutants.ALL.stream().map(StoreMutants.Caught::mutant), StoreMutants.HIDDEN.stream());
    }

    @ParameterizedTest
    @MethodSource("simulated")
    void mutants_are_found_by_the_seeds_of_every_run(Mutant mutant) throws Exception {
        Class<?> run = mutant.load(StoreMutants.CORE).loadClass(StoreRun.class.getName());
        Method live = run.getDeclaredMethod("run", long.class, int.class);
        live.setAccessible(true);

        Throwable found = null;
        for (long seed = 0; seed < StoreSim.FEW_SEEDS && found == null; seed++) {
            try {
                live.invoke(null, seed, StoreSim.OPERATIONS);
            } catch (InvocationTargetException e) {
                found = e.getCause();
            }
        }

        assertThat(found).as("a seed that notices: " + mutant).isNotNull();
    }

    private static Events run(StoreMutants.Caught caught, Mutant mutant) throws IOException, ClassNotFoundException {
        Class<?> contract =
                mutant.load(StoreMutants.CORE).loadClass(caught.contract().getName());
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(contract, caught.test()))
                .execute()
                .testEvents();
        assertThat(tests.started().count()).as("tests of that name").isEqualTo(1);
        return tests;
    }
}
