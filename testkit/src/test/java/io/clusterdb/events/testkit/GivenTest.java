package io.clusterdb.events.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterdb.events.AggregateType;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GivenTest {
    private static final AggregateType<Account> ACCOUNT = AggregateType.of("Account", Account.class)
            .starts(Opened.class, event -> new Account(0))
            .on(Deposited.class, (account, event) -> new Account(account.balance() + event.amount()))
            .on(Withdrawn.class, (account, event) -> new Account(account.balance() - event.amount()));

    record Opened(String owner) {}

    record Deposited(long amount) {}

    record Withdrawn(long amount) {}

    record Account(long balance) {
        Withdrawn withdraw(long amount) {
            if (amount > balance) {
                throw new IllegalStateException("only " + balance);
            }
            return new Withdrawn(amount);
        }
    }

    @Test
    void an_event_follows() {
        Given.events(ACCOUNT, new Opened("Ada"), new Deposited(50))
                .when(account -> Objects.requireNonNull(account).withdraw(20))
                .then(new Withdrawn(20))
                .thenState(new Account(30));
    }

    @Test
    void an_aggregate_begins() {
        Given.nothing(ACCOUNT)
                .when(none -> List.of(new Opened("Ada"), new Deposited(5)))
                .then(new Opened("Ada"), new Deposited(5))
                .thenState(new Account(5));
    }

    @Test
    void a_decision_is_refused() {
        Given.events(ACCOUNT, new Opened("Ada"))
                .when(account -> Objects.requireNonNull(account).withdraw(20))
                .thenThrows(IllegalStateException.class);
    }

    @Test
    void what_is_otherwise_fails_the_test() {
        Given.Outcome<Account> outcome =
                Given.events(ACCOUNT, new Opened("Ada")).when(account -> new Deposited(5));

        assertThatThrownBy(() -> outcome.then(new Deposited(6))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> outcome.then(new Withdrawn(5))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(outcome::then).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> outcome.thenState(new Account(6))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> outcome.thenThrows(RuntimeException.class)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() ->
                        Given.nothing(ACCOUNT).when(none -> new Deposited(1)).then(new Deposited(1)))
                .hasMessageContaining("nothing has started the aggregate");
    }
}
