package io.clusterdb.events.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Records of a CSV file as JSON objects, by the names in its header. */
final class CsvRows implements Rows {
    private final CsvRecords records;
    private final List<String> names;
    private final @Nullable List<Type> types;
    private final int namesLength;

    /** What a column holds. */
    enum Type {
        TEXT,
        NUMBER,
        BOOLEAN
    }

    /** @param types null = all text */
    private CsvRows(CsvRecords records, List<String> names, @Nullable List<Type> types) {
        this.records = records;
        this.names = names;
        this.types = types;
        this.namesLength = names.stream()
                .mapToInt(name -> name.length() + "\"\":null,".length())
                .sum();
    }

    /** Reads the header. Without any record, there are no rows either. */
    static CsvRows of(CsvRecords records, @Nullable List<Type> types) throws IOException {
        if (!records.next()) {
            return new CsvRows(records, List.of(), types);
        }
        if (records.fault() != null) {
            throw new Failures.FailedException(
                    "The header can't be read",
                    "line " + records.line() + ": " + records.fault(),
                    "Correct the first line: it holds the names of the columns");
        }
        return new CsvRows(records, names(records.fields()), types);
    }

    /** Columns without a name, and with one that was there before, get one by their number. */
    private static List<String> names(List<String> header) {
        List<String> names = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (String field : header) {
            String name = field.strip();
            String number = "_" + (names.size() + 1);
            if (name.isEmpty()) {
                name = "column" + number;
            }
            while (!taken.add(name)) {
                name += number;
            }
            names.add(name);
        }
        return names;
    }

    List<String> names() {
        return names;
    }

    @Override
    public @Nullable Row next() throws IOException {
        if (names.isEmpty() || !records.next()) {
            return null;
        }
        String fault = records.fault();
        List<String> fields = records.fields();
        if (fault == null && fields.size() != names.size()) {
            fault = "it has " + Human.count(fields.size(), "field") + ", the header " + names.size();
        }
        return fault != null
                ? new Row.Bad(records.line(), fault)
                : new Row.Good(records.line(), object(fields), namesLength + records.bytes());
    }

    private ObjectNode object(List<String> fields) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < fields.size(); i++) {
            put(object, names.get(i), types == null ? Type.TEXT : types.get(i), fields.get(i));
        }
        return object;
    }

    private static void put(ObjectNode object, String name, Type type, String text) {
        if (type == Type.TEXT) {
            object.put(name, text);
        } else if (text.isEmpty()) {
            object.putNull(name);
        } else if (type == Type.BOOLEAN) {
            object.put(name, Boolean.parseBoolean(text));
        } else if (text.chars().anyMatch(c -> c == '.' || c == 'e' || c == 'E')) {
            object.put(name, new BigDecimal(text));
        } else if (text.length() < 19) {
            object.put(name, Long.parseLong(text));
        } else {
            object.put(name, new BigInteger(text));
        }
    }

    /**
     * Reads all that is left, and tells what each column can be: numbers or booleans when every field is one that is not
     * empty, and text otherwise. Records that are no rows don't count.
     */
    List<Type> types() throws IOException {
        boolean[] number = new boolean[names.size()];
        boolean[] truth = new boolean[names.size()];
        boolean[] seen = new boolean[names.size()];
        java.util.Arrays.fill(number, true);
        java.util.Arrays.fill(truth, true);
        while (!names.isEmpty() && records.next()) {
            List<String> fields = records.fields();
            for (int i = 0; records.fault() == null && fields.size() == names.size() && i < fields.size(); i++) {
                String text = fields.get(i);
                seen[i] |= !text.isEmpty();
                number[i] = number[i] && (text.isEmpty() || isNumber(text));
                truth[i] = truth[i] && (text.isEmpty() || isBoolean(text));
            }
        }
        List<Type> all = new ArrayList<>();
        for (int i = 0; i < seen.length; i++) {
            all.add(seen[i] && number[i] ? Type.NUMBER : seen[i] && truth[i] ? Type.BOOLEAN : Type.TEXT);
        }
        return all;
    }

    private static boolean isBoolean(String text) {
        return text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false");
    }

    /** A number as JSON writes it, so that nothing is lost by taking it for one: neither 007 nor +1 nor 1. are. */
    static boolean isNumber(String text) {
        int at = text.startsWith("-") ? 1 : 0;
        int whole = digits(text, at);
        if (whole == 0 || (whole > 1 && text.charAt(at) == '0') || text.length() > 400) {
            return false;
        }
        at += whole;
        if (at < text.length() && text.charAt(at) == '.') {
            int part = digits(text, at + 1);
            if (part == 0) {
                return false;
            }
            at += 1 + part;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at += at + 1 < text.length() && "+-".indexOf(text.charAt(at + 1)) >= 0 ? 2 : 1;
            int exponent = digits(text, at);
            if (exponent == 0 || exponent > 3) {
                return false;
            }
            at += exponent;
        }
        return at == text.length();
    }

    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - from;
    }
}
