package io.clusterdb.events.postgres;

import io.clusterdb.events.AppendToken;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends that come while others are on their way to the disk, sent together: they share one call, one transaction and its
 * wait for the disk. An append that comes alone goes at once, and so does one that has waited for a while or is interrupted: those before
 * it may be held up by what does not concern it. No thread of its own: of those who wait, the first one sends for all.
 * Thread-safe.
 */
final class GroupCommit {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final int MAX_EVENTS = 1_000;

    /** One group is worked on by the server while the other one waits for the disk. */
    private static final int MAX_GROUPS = 2;

    private static final long PATIENCE_MILLIS = 20;

    private final Sender sender;
    private final long patience;
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private int groups;

    /** Appends of these groups. */
    private int underWay;

    /** How many were under way or waiting at once, at most, since the last group began. */
    private int most;

    /** The same between the last but one and the last. */
    private int mostBefore;

    /** Sends appends of different aggregates in one transaction, and blocks. Gives what became of each. */
    interface Sender {
        List<Sent> send(List<StreamRows> appends);
    }

    /**
     * What became of an append.
     *
     * @param token null when nothing was stored
     * @param failure of the whole group
     * @param backend the server's process that had it
     */
    record Sent(@Nullable AppendToken token, @Nullable SQLException failure, int backend) {}

    /** An append, and the thread that waits for it. */
    private static final class Waiting {
        final StreamRows rows;

        /** Ends with the group that this one is to send for; with null when its own append was sent by another one. */
        final CompletableFuture<@Nullable List<Waiting>> turn = new CompletableFuture<>();

        @Nullable
        Sent sent;

        Waiting(StreamRows rows) {
            this.rows = rows;
        }
    }

    GroupCommit(Sender sender) {
        this(sender, PATIENCE_MILLIS);
    }

    /** @param patience in ms; one that has waited for so long goes alone */
    GroupCommit(Sender sender, long patience) {
        this.sender = sender;
        this.patience = patience;
    }

    Sent send(StreamRows rows) {
        Waiting own = new Waiting(rows);
        List<Waiting> group;
        synchronized (this) {
            queue.add(own);
            most = Math.max(most, underWay + queue.size());
            group = next();
        }
        if (!group.isEmpty()) {
            lead(group);
        }
        List<Waiting> led = turn(own);
        if (led != null) {
            lead(led);
        }
        Sent sent = own.sent;
        return sent != null
                ? sent
                : sendNow(List.of(rows)).get(0); // the group came to nothing, maybe for another's sake
    }

    private List<Sent> sendNow(List<StreamRows> appends) {
        boolean interrupted = Thread.interrupted(); // which would keep it from getting a connection
        try {
            return sender.send(appends);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The group that this one is to send for: itself, when nobody has taken it along in time. */
    private @Nullable List<Waiting> turn(Waiting own) {
        try {
            return own.turn.get(patience, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it need not wait for strangers
        } catch (ExecutionException e) {
            throw new IllegalStateException(e); // it never ends so
        } catch (TimeoutException e) {
            LOG.trace("An append goes alone", e);
        }
        synchronized (this) {
            if (queue.remove(own)) {
                return begin(List.of(own));
            }
        }
        return own.turn.join();
    }

    private void lead(List<Waiting> group) {
        try {
            List<Sent> sent = sendNow(group.stream().map(each -> each.rows).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).sent = sent.get(i);
            }
        } catch (RuntimeException e) {
            LOG.debug("Appends that were sent together are sent one by one", e);
        } finally {
            List<Waiting> following;
            synchronized (this) {
                groups--;
                underWay -= group.size();
                following = next();
            }
            if (!following.isEmpty()) { // first: all of those wait for it
                following.get(0).turn.complete(following);
            }
            group.forEach(each -> each.turn.complete(null));
        }
    }

    /**
     * The group to be sent now; empty while it has to wait. Where none is under way it goes at once. Beside another one it
     * waits for its share of all that append: the first of those that were answered together would go alone, and all the
     * others behind it.
     */
    private List<Waiting> next() {
        boolean mayGo = groups == 0 || (groups < MAX_GROUPS && queue.size() * MAX_GROUPS >= Math.max(most, mostBefore));
        if (queue.isEmpty() || !mayGo) {
            return List.of();
        }
        return begin(take());
    }

    private List<Waiting> begin(List<Waiting> group) {
        groups++;
        underWay += group.size();
        mostBefore = most;
        most = underWay + queue.size();
        return group;
    }

    /** Takes those that wait longest: of each aggregate one, as the next one may build on it. */
    private List<Waiting> take() {
        List<Waiting> group = new ArrayList<>();
        Set<String> aggregates = new HashSet<>();
        int events = 0;
        for (Iterator<Waiting> waiting = queue.iterator(); waiting.hasNext(); ) {
            Waiting each = waiting.next();
            events += each.rows.events().size();
            if (!group.isEmpty() && events > MAX_EVENTS) {
                break;
            }
            if (aggregates.add(each.rows.aggregateId())) {
                waiting.remove();
                group.add(each);
            }
        }
        return group;
    }
}
