package io.clusterdb.events.postgres;

import io.clusterdb.events.RejectedException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a database is, and as whom to log in.
 *
 * @param jdbc the URL that pgjdbc takes
 * @param login user and password, as far as they are not in that URL
 */
record ConnectionUrl(String jdbc, Properties login) {
    private static final String JDBC = "jdbc:postgresql:";
    private static final Pattern POSTGRES = Pattern.compile("postgres(?:ql)?://(?:([^@/:]*)(?::([^@/]*))?@)?([^@]+)");

    static ConnectionUrl parse(String url) {
        if (url.startsWith(JDBC)) {
            return new ConnectionUrl(url, new Properties());
        }
        Matcher parts = POSTGRES.matcher(url);
        if (!parts.matches()) {
            throw RejectedException.invalid(
                    "postgresql",
                    "url",
                    hidden(url),
                    "postgres://user:password@host:port/database, or jdbc:postgresql:");
        }
        Properties login = new Properties();
        if (parts.group(1) != null) {
            login.setProperty("user", decoded(parts.group(1)));
        }
        if (parts.group(2) != null) {
            login.setProperty("password", decoded(parts.group(2)));
        }
        return new ConnectionUrl(JDBC + "//" + parts.group(3), login);
    }

    private static String decoded(String part) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw RejectedException.invalid(
                    "postgresql", "url", "a % that no two hexadecimal digits follow", "%25 for a %");
        }
    }

    /** Without a password, for whoever reads logs and errors. */
    private static String hidden(String url) {
        return url.replaceAll("(?<=[?&])password=[^&]*", "password=***").replaceAll("//[^/]*@", "//***@");
    }

    @Override
    public String toString() {
        return hidden(jdbc);
    }
}
