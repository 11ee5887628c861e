package io.clusterdb.events.kafka;

import io.clusterdb.events.CorruptionException;
import io.clusterdb.events.ErrorCode;
import io.clusterdb.events.EventsException;
import io.clusterdb.events.OutcomeUnknownException;
import io.clusterdb.events.Problem;
import io.clusterdb.events.RejectedException;
import io.clusterdb.events.UnavailableException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidSessionTimeoutException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.InvalidTxnTimeoutException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** What Kafka's failures are to a caller of Events. */
final class Failures {
    private Failures() {}

    /** What is wrapped for its way through a future, or by a producer that repeats why it failed before. */
    static Throwable unwrapped(Throwable failure) {
        Throwable inner = failure;
        while (isWrapper(inner) && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static boolean isWrapper(Throwable failure) {
        return failure instanceof CompletionException
                || failure instanceof ExecutionException
                || failure.getClass() == KafkaException.class;
    }

    /** Whether another producer has taken over the transactional id, or the cluster has aborted the transaction. */
    static boolean isFenced(Throwable failure) {
        Throwable cause = unwrapped(failure);
        return cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException;
    }

    /**
     * The failure of a question, or of a change that can be repeated without harm.
     *
     * @param what could not be done, as the subject of a sentence: "Topic orders could not be created"
     */
    static EventsException of(String what, Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof EventsException known) {
            return known;
        }
        if (isRefusal(cause)) {
            return new RejectedException(
                    new Problem(
                            ErrorCode.ENGINE_REFUSED,
                            what,
                            "Kafka refuses it: " + why(cause),
                            "Correct the call, or the configuration of the cluster"),
                    cause);
        }
        if (cause instanceof CorruptRecordException) {
            return CorruptionException.found("on the Kafka cluster", why(cause), cause);
        }
        return new UnavailableException(
                new Problem(
                        ErrorCode.ENGINE_UNAVAILABLE,
                        what,
                        "Kafka answers: " + why(cause),
                        "Look whether the cluster's nodes run and can be reached, then try again"),
                cause);
    }

    /** The failure of something that was sent and not answered: it may have been written. */
    static EventsException ofWrite(String what, Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof EventsException known) {
            return known;
        }
        if (isRefusal(cause) || cause instanceof NotEnoughReplicasException) {
            return of(what + " could not be written", cause);
        }
        return OutcomeUnknownException.write(what, cause);
    }

    private static boolean isRefusal(Throwable cause) {
        return cause instanceof PolicyViolationException
                || cause instanceof InvalidConfigurationException
                || cause instanceof InvalidReplicationFactorException
                || cause instanceof InvalidPartitionsException
                || cause instanceof InvalidTopicException
                || cause instanceof InvalidRequestException
                || cause instanceof InvalidSessionTimeoutException
                || cause instanceof InvalidTxnTimeoutException
                || cause instanceof RecordTooLargeException
                || cause instanceof UnsupportedVersionException
                || cause instanceof AuthenticationException
                || cause instanceof AuthorizationException;
    }

    private static String why(Throwable cause) {
        String message = cause.getMessage();
        String name = cause.getClass().getSimpleName();
        return message == null || message.isBlank()
                ? name
                : cause instanceof ApiException ? message : name + ": " + message;
    }
}
