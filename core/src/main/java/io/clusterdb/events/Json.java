package io.clusterdb.events;

import tools.jackson.databind.json.JsonMapper;

/** The JSON of event data. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}
}
