package io.clusterdb.events.control;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The words and limits of the owner socket. */
final class Wire {
    /** Changes with every change that an older client or owner would misunderstand. */
    static final int PROTOCOL = 1;

    static final String SOCKET = "owner.sock";
    static final String VERB = "verb";
    static final String ITEM = "item";
    static final String RESULT = "result";
    static final String ERROR = "error";
    static final String STOP = "stop";

    /** Said by an owner that is about to give the folder back: what it has not answered it will not do. */
    static final String CLOSING = "closing";

    /** The longest line that a client may send, in bytes. */
    static final int MAX_REQUEST = 16 << 20;

    /** The longest line that an owner may send, in bytes: the largest event there can be, in base64, and its context. */
    static final int MAX_ANSWER = 128 << 20;

    static final int MAX_CONNECTIONS = 32;

    /** Numbers keep every digit. */
    static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(MAX_ANSWER)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Wire() {}
}
