package io.clusterdb.events;

import java.util.Locale;
import java.util.Optional;

/** The kinds of problems, each with a page in docs/errors.md that {@code events explain} prints. Ids are never reused. */
public enum ErrorCode {
    BAD_CONFIG("EV-1001"),
    ENGINE_REFUSED("EV-1002"),
    NOT_CONFIGURED("EV-1003"),
    CLOSED("EV-1004"),
    BAD_VALUE("EV-1005"),

    UNKNOWN_TOPIC("EV-2001"),
    TOPIC_EXISTS("EV-2002"),
    BAD_NAME("EV-2003"),
    TOO_LARGE("EV-2004"),
    BAD_METADATA("EV-2005"),
    KEYED_TOPIC_GROWTH("EV-2006"),
    BAD_EXPRESSION("EV-2007"),
    OFFSET_OUT_OF_RANGE("EV-2008"),
    PUBLISH_TIMEOUT("EV-2009"),
    OUTCOME_UNKNOWN("EV-2010"),
    TRANSACTION_ENDED("EV-2011"),
    UNDECODABLE("EV-2012"),
    RETRIED_TOO_LATE("EV-2013"),
    KEY_MISSING("EV-2014"),
    BAD_ROUTE("EV-2018"),
    ROUTE_REFUSED("EV-2019"),
    ROUTE_TARGET("EV-2020"),
    DUPLICATE_ID("EV-2021"),
    UNKNOWN_TRANSACTION("EV-2022"),
    UNKNOWN_SCHEDULE("EV-2023"),

    UNKNOWN_GROUP("EV-3001"),
    GROUP_EXISTS("EV-3002"),
    LEASE_LOST("EV-3003"),
    NO_POSITION("EV-3004"),
    GROUP_ACTIVE("EV-3005"),
    MEMBER_FENCED("EV-3006"),
    UNKNOWN_DEAD_LETTER("EV-3007"),

    FOLDER_IN_USE("EV-4001"),
    CORRUPT("EV-4002"),
    DISK_FULL("EV-4003"),
    STORAGE_FAILED("EV-4004"),
    UNKNOWN_FORMAT("EV-4005"),
    OWNER_UNREACHABLE("EV-4006"),
    ENGINE_UNAVAILABLE("EV-4007"),

    BAD_SCHEMA("EV-5001"),
    SCHEMA_VIOLATION("EV-5002"),
    INCOMPATIBLE_SCHEMA("EV-5003"),
    UNKNOWN_SCHEMA("EV-5004"),
    BROKEN_UPCASTERS("EV-5005"),

    WRONG_VERSION("EV-6001"),
    UNKNOWN_AGGREGATE("EV-6002"),
    WRONG_AGGREGATE_TYPE("EV-6003"),
    OTHER_CONTENT("EV-6004"),
    FOLD_FAILED("EV-6005"),
    UNKNOWN_STORE("EV-6006"),
    DOCUMENT_CHANGED("EV-6007"),
    STORE_UNAVAILABLE("EV-6008"),
    UNKNOWN_PROJECTION("EV-6009"),
    PROJECTION_STOPPED("EV-6010"),
    NOT_APPLIED_YET("EV-6011"),
    PROJECTION_FAILED("EV-6012"),
    INLINE_PROJECTION("EV-6013"),
    OTHER_HISTORY("EV-6014");

    private final String id;

    ErrorCode(String id) {
        this.id = id;
    }

    public String id() {
        return id;
    }

    /** The code with an id such as {@code EV-2004}, in any case. */
    public static Optional<ErrorCode> byId(String id) {
        for (ErrorCode code : values()) {
            if (code.id.equals(id.toUpperCase(Locale.ROOT))) {
                return Optional.of(code);
            }
        }
        return Optional.empty();
    }
}
