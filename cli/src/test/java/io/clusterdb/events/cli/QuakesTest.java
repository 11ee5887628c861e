package io.clusterdb.events.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.cli.Quakes.Quake;
import io.clusterdb.events.cli.Quakes.Total;
import io.clusterdb.events.cli.Quakes.Verdict;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuakesTest {
    private final Quakes quakes = Quakes.read(Quakes.file());

    @Test
    void the_file_is_read_whole() {
        assertThat(quakes.all()).hasSize(1_707);
        assertThat(quakes.from(BigDecimal.ONE).all())
                .hasSize(996)
                .allMatch(quake -> quake.magnitude().compareTo(BigDecimal.ONE) >= 0);
        assertThat(quakes.all().getFirst().place()).isEqualTo("4km W of Castaic, CA");
        assertThat(quakes.byNetwork().keySet()).startsWith("ci", "nc", "ak").endsWith("se");
    }

    @Test
    void the_same_quakes_in_any_order_are_right() {
        List<Quake> found = new ArrayList<>(quakes.all());
        Collections.reverse(found);

        assertThat(quakes.compare(found)).isEqualTo(new Verdict(1_707, 0, 0, List.of()));
    }

    @Test
    void what_is_lost_or_duplicated_or_changed_or_new_is_told() {
        Quake first = quakes.all().getFirst();
        Quake second = quakes.all().get(1);
        Quake third = quakes.all().get(2);
        Quake changed = new Quake(second.id(), second.time(), second.network(), new BigDecimal("9.9"), second.place());
        Quake strange = new Quake("strange", first.time(), "xx", BigDecimal.ONE, "nowhere");
        List<Quake> found = new ArrayList<>(quakes.all());
        found.set(0, third);
        found.set(1, changed);
        found.add(strange);

        Verdict verdict = quakes.compare(found);

        assertThat(verdict.expected()).isEqualTo(1_707);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.duplicated()).isEqualTo(1);
        assertThat(verdict.differences())
                .containsExactlyInAnyOrder(
                        "duplicated: " + third,
                        "changed: found " + changed + ", expected " + second,
                        "not expected: " + strange,
                        "lost: " + first);
    }

    @Test
    void what_was_added_up_wrongly_or_is_missing_is_told() {
        Quakes three = new Quakes(quakes.all().subList(0, 3)); // M 2, 1.6 and 0.54, all of ci in CA

        assertThat(three.compareTotals(Quake::region, Map.of("CA", new Total(3, new BigDecimal("2.0")))))
                .isEmpty();
        assertThat(three.compareTotals(Quake::network, Map.of("ci", new Total(2, BigDecimal.TWO))))
                .containsExactly("ci: found Total[quakes=2, strongest=2], expected Total[quakes=3, strongest=2]");
        assertThat(three.compareTotals(Quake::network, Map.of())).hasSize(1);
    }
}
