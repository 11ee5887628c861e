package io.clusterdb.events.spi;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses what somebody meant. */
public final class Spelling {
    private Spelling() {}

    /** The word that is near enough to be meant, if any. */
    public static Optional<String> nearest(String found, Collection<String> words) {
        String lower = found.toLowerCase(Locale.ROOT).replace('-', '_');
        return words.stream()
                .filter(word -> distance(lower, word) <= Math.max(1, (Math.min(word.length(), lower.length()) + 1) / 3))
                .min(Comparator.comparingInt(word -> distance(lower, word)));
    }

    /** Letters to insert, delete, replace, or swap with their neighbour to make one word the other. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                d[i][j] = i == 0 ? j : j == 0 ? i : step(d, a, b, i, j);
            }
        }
        return d[a.length()][b.length()];
    }

    private static int step(int[][] d, String a, String b, int i, int j) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int best = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (same ? 0 : 1));
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
            best = Math.min(best, d[i - 2][j - 2] + 1);
        }
        return best;
    }
}
