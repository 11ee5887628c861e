package io.clusterdb.events.benchmarks;

import io.clusterdb.events.Event;
import io.clusterdb.events.filter.Expression;
import io.clusterdb.events.filter.Expression.Match;
import io.clusterdb.events.spi.DataCodec;
import io.clusterdb.events.spi.Headers;
import io.clusterdb.events.spi.LogRecord;
import io.clusterdb.events.spi.TopicPartition;
import tools.jackson.databind.json.JsonMapper;

/** Asks of stored orders whether their total is 1,000 or more. Half of them are. */
final class Filtering {
    private static final Orders ORDERS = new Orders();
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private Filtering() {}

    /** By the expression of a subscription, from the record as a log gives it. */
    static Side expression(Settings settings) {
        Expression filter = Expression.condition("data.total >= 1000");
        return new PerEvent(settings, n -> {
            LogRecord record = new LogRecord(PARTITION, n, 0, null, ORDERS.jsonBytes(n), Headers.NONE);
            Event event = Event.read(record, DataCodec.NONE);
            Match match = filter.matches(name -> name.equals("data") ? Expression.json(event.data()) : null);
            return match == Match.YES ? 1 : 0;
        });
    }

    /** By Jackson's tree and a comparison in Java. */
    static Side jackson(Settings settings) {
        JsonMapper mapper = JsonMapper.builder().build();
        return new PerEvent(
                settings, n -> mapper.readTree(ORDERS.json(n)).path("total").asDouble() >= 1000 ? 1 : 0);
    }
}
