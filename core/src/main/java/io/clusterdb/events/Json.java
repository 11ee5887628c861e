package io.clusterdb.events;

import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The JSON of event data. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** For trees in which 2.50 stays 2.50. */
    static final ObjectReader EXACT = MAPPER.reader(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

    private Json() {}
}
