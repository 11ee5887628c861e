package io.clusterdb.events.schema;

import io.clusterdb.events.schema.JsonSchemaFacts.Kind;
import io.clusterdb.events.schema.JsonSchemaKeywords.Place;
import io.clusterdb.events.spi.ParsedSchema.DataType;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The shape of data that a schema allows. Null is left out, since any field may be missing anyway. Used once. */
final class JsonSchemaTypes {
    /** Of shapes within the shape: a schema that contains itself in many ways has more of them than there is memory. */
    static final int MOST = 2_000;

    private final JsonSchemaDocument document;
    private final Set<List<String>> open = new HashSet<>();
    private int seen;

    JsonSchemaTypes(JsonSchemaDocument document) {
        this.document = document;
    }

    DataType root() {
        return of(List.of(List.of(document.root())));
    }

    /** @param alternatives the data is allowed by all the places of at least one */
    private DataType of(List<List<Place>> alternatives) {
        List<String> key =
                alternatives.stream().flatMap(List::stream).map(Place::pointer).toList();
        if (++seen > MOST || alternatives.stream().anyMatch(List::isEmpty) || !open.add(key)) {
            // Too much is said, or nothing, or a schema contains itself: its shape has no end.
            return new DataType.Any();
        }
        try {
            List<JsonSchemaFacts> facts = alternatives.stream()
                    .flatMap(places -> JsonSchemaFacts.alternatives(document, places).stream())
                    .toList();
            return merged(facts);
        } finally {
            open.remove(key);
        }
    }

    private DataType merged(List<JsonSchemaFacts> facts) {
        var kinds = EnumSet.noneOf(Kind.class);
        facts.forEach(one -> kinds.addAll(one.kinds()));
        kinds.remove(Kind.NULL);
        if (kinds.equals(EnumSet.of(Kind.INTEGER, Kind.FRACTION))) {
            return new DataType.Decimal();
        }
        return kinds.size() == 1 ? single(kinds.iterator().next(), facts) : new DataType.Any();
    }

    private DataType single(Kind kind, List<JsonSchemaFacts> facts) {
        List<JsonSchemaFacts> meant =
                facts.stream().filter(one -> one.may(kind)).toList();
        return switch (kind) {
            case STRING -> new DataType.Text();
            case INTEGER -> new DataType.Whole();
            case FRACTION -> new DataType.Decimal();
            case BOOLEAN -> new DataType.Truth();
            case ARRAY -> new DataType.Repeated(items(meant));
            case OBJECT -> fields(meant);
            case NULL -> new DataType.Any();
        };
    }

    private DataType items(List<JsonSchemaFacts> facts) {
        int places = facts.stream().mapToInt(JsonSchemaFacts::leading).max().orElse(0);
        List<List<Place>> items = facts.stream()
                .flatMap(one -> Stream.iterate(0, i -> i <= places, i -> i + 1).map(one::item))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
        return items.isEmpty() ? new DataType.Any() : of(items);
    }

    private DataType fields(List<JsonSchemaFacts> facts) {
        var names = new LinkedHashSet<String>();
        facts.forEach(one -> names.addAll(one.names()));
        var fields = new TreeMap<String, DataType>();
        for (String name : names) {
            List<List<Place>> written = facts.stream()
                    .map(one -> one.property(name))
                    .flatMap(Optional::stream)
                    .toList();
            if (!written.isEmpty()) {
                fields.put(name, of(written));
            }
        }
        boolean more = facts.stream()
                .anyMatch(one -> one.others().isPresent() || !one.patterns().isEmpty());
        return new DataType.Fields(new LinkedHashMap<>(fields), more);
    }
}
