package io.clusterdb.events.schema;

import static io.clusterdb.events.schema.AvroReference.avro;
import static io.clusterdb.events.schema.AvroReference.misfit;
import static io.clusterdb.events.schema.AvroReference.record;
import static io.clusterdb.events.schema.AvroReference.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterdb.events.spi.Bytes;
import io.clusterdb.events.spi.ParsedSchema;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Period;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Conversions;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.TimePeriod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroLogicalTypesTest {
    private static final UUID ID = UUID.fromString("0189b7c0-1234-7abc-8def-0123456789ab");

    record Money(BigDecimal f) {}

    record Id(UUID f) {}

    record Day(LocalDate f) {}

    record Time(LocalTime f) {}

    record Moment(Instant f) {}

    record Local(LocalDateTime f) {}

    record Period12(TimePeriod f) {}

    record Raw(long f) {}

    record Text(String f) {}

    static Stream<Arguments> every_logical_type() {
        LocalTime time = LocalTime.of(1, 2, 3, 123_456_789);
        Instant instant = Instant.parse("2026-05-06T07:08:09.123456789Z");
        LocalDateTime local = LocalDateTime.parse("2026-05-06T07:08:09.123456789");
        return Stream.of(
                Arguments.of(
                        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2}",
                        new Money(new BigDecimal("-1234567.89")),
                        "-1234567.89"),
                Arguments.of(
                        "{'type':'fixed','name':'D','size':6,'logicalType':'decimal','precision':9,'scale':2}",
                        new Money(new BigDecimal("12.50")),
                        "12.50"),
                Arguments.of(
                        "{'type':'bytes','logicalType':'big-decimal'}",
                        new Money(new BigDecimal("1.234500")),
                        "1.234500"),
                Arguments.of("{'type':'string','logicalType':'uuid'}", new Id(ID), quoted(ID)),
                Arguments.of("{'type':'fixed','name':'U','size':16,'logicalType':'uuid'}", new Id(ID), quoted(ID)),
                Arguments.of(
                        "{'type':'int','logicalType':'date'}", new Day(LocalDate.of(1969, 12, 30)), "\"1969-12-30\""),
                Arguments.of(logical("int", "time-millis"), new Time(time.withNano(123_000_000)), "\"01:02:03.123\""),
                Arguments.of(
                        logical("long", "time-micros"), new Time(time.withNano(123_456_000)), "\"01:02:03.123456\""),
                Arguments.of(
                        logical("long", "timestamp-millis"),
                        new Moment(Instant.parse("1960-01-01T00:00:00.001Z")),
                        "\"1960-01-01T00:00:00.001Z\""),
                Arguments.of(
                        logical("long", "timestamp-micros"),
                        new Moment(Instant.parse("2026-05-06T07:08:09.123456Z")),
                        "\"2026-05-06T07:08:09.123456Z\""),
                Arguments.of(logical("long", "timestamp-nanos"), new Moment(instant), quoted(instant)),
                Arguments.of(
                        logical("long", "local-timestamp-millis"),
                        new Local(local.withNano(5_000_000)),
                        "\"2026-05-06T07:08:09.005\""),
                Arguments.of(
                        logical("long", "local-timestamp-micros"),
                        new Local(local.withNano(5_000)),
                        "\"2026-05-06T07:08:09.000005\""),
                Arguments.of(logical("long", "local-timestamp-nanos"), new Local(local), quoted(local)),
                Arguments.of(
                        "{'type':'fixed','name':'P','size':12,'logicalType':'duration'}",
                        new Period12(TimePeriod.of(14, 3, 4_000_000_005L)),
                        "\"P14M3DT1111H6M40.005S\""));
    }

    private static String quoted(Object value) {
        return "\"" + value + "\"";
    }

    private static String logical(String type, String name) {
        return "{'type':'" + type + "','logicalType':'" + name + "'}";
    }

    @ParameterizedTest
    @MethodSource("every_logical_type")
    void a_logical_type_is_the_same_as_avros_own_conversion(String type, Record value, String text) throws Exception {
        ParsedSchema schema = schema(record(type));

        Bytes data = schema.encode(value);

        GenericRecord reference = new GenericDatumReader<GenericRecord>(
                        avro(record(type)), avro(record(type)), converting())
                .read(null, DecoderFactory.get().binaryDecoder(data.toArray(), null));
        Object component =
                value.getClass().getRecordComponents()[0].getAccessor().invoke(value);
        assertThat(reference.get("f")).isEqualTo(component);
        assertThat(schema.decode(data, value.getClass())).isEqualTo(value);
        assertThat(schema.tree(data)).hasToString("{\"f\":" + text + "}");
        assertThat(schema.encode(schema.tree(data))).isEqualTo(data);
        assertThat(schema.encode(schema.decode(data, Map.class))).isEqualTo(data);
        assertThat(schema.encode(schema.decode(data, GenericRecord.class)))
                .as("Avro's raw values")
                .isEqualTo(data);
    }

    @Test
    void a_raw_number_and_a_text_stand_for_a_time() {
        ParsedSchema schema = schema(record(logical("long", "timestamp-millis")));
        Bytes data = schema.encode(new Raw(1_700_000_000_123L));

        assertThat(schema.decode(data, Moment.class).f()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_123L));
        assertThat(schema.decode(data, Raw.class).f()).isEqualTo(1_700_000_000_123L);
        assertThat(schema.decode(data, Text.class).f()).isEqualTo("2023-11-14T22:13:20.123Z");
        assertThat(schema.encode(new Text("2023-11-14T23:13:20.123+01:00"))).isEqualTo(data);
    }

    @Test
    void a_time_is_cut_to_the_unit_of_the_schema() {
        ParsedSchema schema = schema(record(logical("long", "timestamp-millis")));
        Instant fine = Instant.parse("2026-05-06T07:08:09.123999999Z");

        assertThat(schema.decode(schema.encode(new Moment(fine)), Moment.class).f())
                .isEqualTo(Instant.parse("2026-05-06T07:08:09.123Z"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"timestamp-millis", "timestamp-micros", "timestamp-nanos"})
    void a_time_before_1970_keeps_its_fraction(String type) {
        Moment moment = new Moment(Instant.parse("1969-12-31T23:59:59.5Z"));
        Local local = new Local(LocalDateTime.parse("1969-12-31T23:59:58.25"));
        ParsedSchema moments = schema(record(logical("long", type)));
        ParsedSchema locals = schema(record(logical("long", "local-" + type)));

        assertThat(moments.decode(moments.encode(moment), Moment.class)).isEqualTo(moment);
        assertThat(locals.decode(locals.encode(local), Local.class)).isEqualTo(local);
    }

    @Test
    void a_duration_may_be_javas() {
        record Lasting(Duration f) {}
        record Dated(Period f) {}
        ParsedSchema schema = schema(record("{'type':'fixed','name':'P','size':12,'logicalType':'duration'}"));

        assertThat(schema.decode(schema.encode(new Lasting(Duration.ofHours(50))), Lasting.class)
                        .f())
                .isEqualTo(Duration.ofHours(50));
        assertThat(schema.decode(schema.encode(new Dated(Period.of(1, 2, 3))), Dated.class)
                        .f())
                .isEqualTo(Period.of(1, 2, 3));
        assertThat(misfit(() -> schema.decode(schema.encode(new Dated(Period.ofMonths(1))), Lasting.class))
                        .path())
                .isEqualTo("/f");
        assertThat(schema.encode(Map.of("f", "P14M3D"))).isEqualTo(schema.encode(new Dated(Period.of(1, 2, 3))));
    }

    @Test
    void what_a_logical_type_cannot_hold_is_refused() {
        String decimal = "{'type':'bytes','logicalType':'decimal','precision':4,'scale':2}";
        ParsedSchema money = schema(record(decimal));

        assertThat(misfit(() -> money.encode(Map.of("f", new BigDecimal("1.234"))))
                        .expected())
                .isEqualTo("a decimal of precision 4 and scale 2 (BigDecimal)");
        assertThat(misfit(() -> money.encode(Map.of("f", 100))).found()).isEqualTo("the number 100");
        assertThat(misfit(() -> money.encode(Map.of("f", new BigDecimal("1E+999999999"))))
                        .path())
                .isEqualTo("/f");
        assertThat(money.tree(money.encode(Map.of("f", 99)))).hasToString("{\"f\":99.00}");
        assertThat(misfit(() -> schema(record(logical("string", "uuid"))).encode(Map.of("f", "1-1-1-1-1")))
                        .path())
                .isEqualTo("/f");
        assertThat(misfit(() -> schema(record(logical("long", "timestamp-nanos")))
                                .encode(Map.of("f", Instant.MAX)))
                        .path())
                .isEqualTo("/f");
        assertThat(misfit(() -> schema(record(logical("int", "date"))).encode(Map.of("f", LocalDate.MAX)))
                        .expected())
                .isEqualTo("a date (LocalDate)");
        assertThat(misfit(() -> schema(record(logical("long", "local-timestamp-micros")))
                                .encode(Map.of("f", LocalDateTime.MAX)))
                        .path())
                .isEqualTo("/f");
        assertThat(misfit(() -> schema(record(logical("int", "date"))).encode(Map.of("f", "2026-02-30")))
                        .expected())
                .isEqualTo("a date (LocalDate)");
        assertThat(misfit(() -> schema(record(logical("int", "time-millis"))).tree(Bytes.of(new byte[] {1})))
                        .path())
                .isEqualTo("/f");
    }

    @Test
    void expressions_see_times_as_text_and_decimals_as_numbers() {
        assertThat(schema(logical("long", "timestamp-millis")).type()).isEqualTo(new DataType.Text());
        assertThat(schema("{'type':'bytes','logicalType':'decimal','precision':4}")
                        .type())
                .isEqualTo(new DataType.Decimal());
        assertThat(schema(AvroMappingTest.TREE).type())
                .isEqualTo(new DataType.Fields(
                        Map.of("value", new DataType.Whole(), "left", new DataType.Any(), "right", new DataType.Any()),
                        false));
        assertThat(schema(record("['null',{'type':'array','items':['null','double','float']}]"))
                        .type())
                .isEqualTo(new DataType.Fields(Map.of("f", new DataType.Repeated(new DataType.Decimal())), false));
        assertThat(schema(record("['boolean','string']")).type())
                .isEqualTo(new DataType.Fields(Map.of("f", new DataType.Any()), false));
    }

    private static GenericData converting() {
        GenericData data = new GenericData();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        data.addLogicalTypeConversion(new Conversions.BigDecimalConversion());
        data.addLogicalTypeConversion(new Conversions.UUIDConversion());
        data.addLogicalTypeConversion(new Conversions.DurationConversion());
        data.addLogicalTypeConversion(new TimeConversions.DateConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
        data.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
        return data;
    }
}
