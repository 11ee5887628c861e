package io.clusterdb.events.benchmarks;

import io.clusterdb.events.spi.Bytes;
import tools.jackson.databind.json.JsonMapper;

/** Orders of a shop, the same on every side, and what they must look like. */
final class Orders {
    static final String AVRO = """
            {"type": "record", "name": "Order", "fields": [
             {"name": "id", "type": "string"}, {"name": "customerId", "type": "string"},
             {"name": "total", "type": "double"}]}""";
    static final String JSON_SCHEMA = """
            {"type": "object",
             "properties": {
               "id": {"type": "string", "minLength": 1},
               "customerId": {"type": "string"},
               "total": {"type": "number", "minimum": 0}},
             "required": ["id", "customerId", "total"],
             "additionalProperties": false}""";

    private static final int DIFFERENT = 64;

    private final Order[] orders = new Order[DIFFERENT];
    private final byte[][] json = new byte[DIFFERENT][];

    /** An order. */
    record Order(String id, String customerId, double total) {}

    Orders() {
        JsonMapper mapper = JsonMapper.shared();
        for (int n = 0; n < DIFFERENT; n++) {
            orders[n] = new Order("order-" + (100 + n), "c-" + n, 31.25 * n);
            json[n] = mapper.writeValueAsBytes(orders[n]);
        }
    }

    Order order(int n) {
        return orders[n % DIFFERENT];
    }

    /** As a text of JSON. */
    byte[] json(int n) {
        return json[n % DIFFERENT];
    }

    Bytes jsonBytes(int n) {
        return Bytes.of(json(n));
    }
}
