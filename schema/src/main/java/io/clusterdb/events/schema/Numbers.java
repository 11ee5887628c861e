package io.clusterdb.events.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/**
 * Numbers from one type to another without loss; null where there would be one. A binary fraction counts as equal to the
 * decimal that it is written as, so 0.1 fits a float.
 */
final class Numbers {
    /** Of a whole number: an exponent can ask for more than there is memory. */
    private static final long MOST_DIGITS = 10_000;

    private static final long EXACT_IN_DOUBLE = 1L << 53;

    private Numbers() {}

    /** A number as one of Java's boxed types, {@link BigDecimal} or {@link BigInteger}. */
    static @Nullable Object as(Class<?> type, Object value) {
        if (type == Integer.class) {
            return toInt(value);
        } else if (type == Long.class) {
            return toLong(value);
        } else if (type == Double.class) {
            return toDouble(value);
        } else if (type == Float.class) {
            return toFloat(value);
        } else if (type == BigDecimal.class) {
            return exact(value);
        } else if (type == BigInteger.class) {
            return toBigInteger(value);
        }
        return small(type, value);
    }

    static @Nullable Integer toInt(Object value) {
        if (value instanceof Integer i) {
            return i;
        }
        Long whole = toLong(value);
        return whole == null || whole.intValue() != whole ? null : Integer.valueOf(whole.intValue());
    }

    static @Nullable Long toLong(Object value) {
        return switch (value) {
            case Long l -> l;
            case Integer i -> i.longValue();
            case Short s -> s.longValue();
            case Byte b -> b.longValue();
            case Number n -> wholeOf(n);
            default -> null;
        };
    }

    static @Nullable Double toDouble(Object value) {
        return switch (value) {
            case Double d -> d;
            case Float f -> f.doubleValue();
            case Integer i -> i.doubleValue();
            case Long l when Math.abs(l) <= EXACT_IN_DOUBLE && l != Long.MIN_VALUE -> l.doubleValue();
            default -> {
                BigDecimal exact = exact(value);
                double near = exact == null ? Double.NaN : exact.doubleValue();
                yield exact != null && isNear(exact, near, Double.toString(near)) ? Double.valueOf(near) : null;
            }
        };
    }

    static @Nullable Float toFloat(Object value) {
        if (value instanceof Float f) {
            return f;
        } else if (value instanceof Double d && (d.isNaN() || (float) d.doubleValue() == d)) {
            return d.floatValue();
        }
        BigDecimal exact = exact(value);
        float near = exact == null ? Float.NaN : exact.floatValue();
        return exact != null && isNear(exact, near, Float.toString(near)) ? Float.valueOf(near) : null;
    }

    /** The number as it is written; null when it is none, not finite, or of a type of its own. */
    static @Nullable BigDecimal exact(Object value) {
        return switch (value) {
            case BigDecimal decimal -> decimal;
            case BigInteger whole -> new BigDecimal(whole);
            case Double d when Double.isFinite(d) -> BigDecimal.valueOf(d);
            case Float f when Float.isFinite(f) -> new BigDecimal(f.toString());
            case Long l -> BigDecimal.valueOf(l);
            case Integer i -> BigDecimal.valueOf(i);
            case Short s -> BigDecimal.valueOf(s);
            case Byte b -> BigDecimal.valueOf(b);
            default -> null;
        };
    }

    /** With this scale; null when it has digits behind it, or more than the precision. Fast for any exponent. */
    static @Nullable BigDecimal scaled(BigDecimal value, int precision, int scale) {
        BigDecimal bare = value.stripTrailingZeros();
        boolean isTooLong = (long) bare.precision() - bare.scale() > (long) precision - scale;
        if (bare.scale() > scale || (isTooLong && bare.signum() != 0)) {
            return null;
        }
        return bare.setScale(scale);
    }

    private static @Nullable Object small(Class<?> type, Object value) {
        Long whole = toLong(value);
        if (whole == null) {
            return null;
        } else if (type == Short.class) {
            return whole.shortValue() == whole ? whole.shortValue() : null;
        } else if (type == Byte.class) {
            return whole.byteValue() == whole ? whole.byteValue() : null;
        }
        return null;
    }

    private static @Nullable Long wholeOf(Number value) {
        BigDecimal exact = exact(value);
        try {
            return exact == null ? null : Long.valueOf(exact.longValueExact());
        } catch (ArithmeticException e) {
            return null;
        }
    }

    private static @Nullable BigInteger toBigInteger(Object value) {
        BigDecimal exact = exact(value);
        if (exact == null || exact.stripTrailingZeros().scale() > 0) {
            return null;
        }
        return exact.precision() - (long) exact.scale() <= MOST_DIGITS ? exact.toBigInteger() : null;
    }

    /** Many programs write all 17 digits of a double, not only those that it takes: they are what it is rounded to. */
    private static boolean isNear(BigDecimal exact, double near, String written) {
        return Double.isFinite(near)
                && (new BigDecimal(written).compareTo(exact) == 0
                        || new BigDecimal(near)
                                        .round(new MathContext(exact.precision()))
                                        .compareTo(exact)
                                == 0);
    }
}
