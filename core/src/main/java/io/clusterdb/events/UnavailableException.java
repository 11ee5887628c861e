package io.clusterdb.events;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Nothing happened: retry later. */
public final class UnavailableException extends EventsException {
    public UnavailableException(Problem problem) {
        this(problem, null);
    }

    public UnavailableException(Problem problem, @Nullable Throwable cause) {
        super(problem, cause);
    }

    public static UnavailableException diskFull(String folder, String why, @Nullable Throwable cause) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.DISK_FULL,
                        "No space left to write in " + folder,
                        why,
                        "Make space: writing goes on by itself, reading never stopped. "
                                + "Lower a topic's retention, or delete a topic"),
                cause);
    }

    public static UnavailableException folderInUse(String folder, String owner) {
        return new UnavailableException(new Problem(
                ErrorCode.FOLDER_IN_USE,
                "The folder " + folder + " is in use",
                owner,
                "Close the other one, or use the events command, which asks the owner"));
    }

    public static UnavailableException notOpened(String folder, Throwable cause) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.STORAGE_FAILED,
                        "The folder " + folder + " can't be opened",
                        String.valueOf(cause.getMessage()),
                        "Look at the disk, at who may read and write the folder's files, and at how many files the process "
                                + "may have open. What was acknowledged is there"),
                cause);
    }

    public static UnavailableException storageFailed(String folder, Throwable cause) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.STORAGE_FAILED,
                        "Writing to " + folder + " has stopped",
                        "an earlier write or sync failed: " + cause.getMessage(),
                        "Look at the disk. Close and open again: what was acknowledged is there"),
                cause);
    }

    public static UnavailableException notWritten(String folder, Throwable unforeseen) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.STORAGE_FAILED,
                        "Nothing was written to " + folder,
                        "something unforeseen happened: " + unforeseen,
                        "Repeat it. If it goes on, look at what was logged, and close and open again"),
                unforeseen);
    }

    public static UnavailableException store(String name, String why, @Nullable Throwable cause) {
        return new UnavailableException(
                new Problem(
                        ErrorCode.STORE_UNAVAILABLE,
                        "Event store " + name + " can't be used now",
                        why,
                        "Look at its server and its pool; nothing was stored, so it can be repeated"),
                cause);
    }

    public static UnavailableException appendsGoOn(String projection) {
        return new UnavailableException(new Problem(
                ErrorCode.STORE_UNAVAILABLE,
                "Projection " + projection + " is still inline",
                "appends could not be held up for the moment that it takes to let them leave it alone",
                "Repeat it; on PostgreSQL, look for transactions that are left open"));
    }

    public static UnavailableException notApplied(ProjectionStatus status, Duration timeout) {
        String failure = status.failure() == null ? "" : "; it stands still: " + status.failure();
        return new UnavailableException(new Problem(
                status.failure() == null ? ErrorCode.NOT_APPLIED_YET : ErrorCode.PROJECTION_STOPPED,
                "Projection " + status.name() + " has not come that far",
                "after " + timeout.toMillis() + " ms it is at position " + status.position() + ", with " + status.lag()
                        + " event(s) behind" + failure,
                "Wait longer, or look at its status: projections().list()"));
    }

    public static UnavailableException publishTimeout(String topic, Duration timeout, String why) {
        return new UnavailableException(new Problem(
                ErrorCode.PUBLISH_TIMEOUT,
                "Publishing to " + topic + " took too long",
                why + " for " + timeout.toMillis() + " ms (deliveryTimeout)",
                "Retry later, or raise deliveryTimeout or maxInFlight of the producer"));
    }
}
