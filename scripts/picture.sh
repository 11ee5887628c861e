#!/usr/bin/env bash
# Draws what a command printed: ./events demo | scripts/picture.sh './events demo' > docs/demo.svg
set -euo pipefail
awk -v command="$1" '
  function escaped(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); return text }
  { line[NR] = escaped($0); if (length($0) > widest) widest = length($0) }
  END {
    width = widest * 7.83 + 40; height = (NR + 2) * 18 + 28
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", width, height, width, height
    print "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16202b\"/>"
    print "<g font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"13\" fill=\"#d5dde5\" xml:space=\"preserve\">"
    printf "<text x=\"20\" y=\"30\" fill=\"#7fb4e6\">$ %s</text>\n", escaped(command)
    for (i = 1; i <= NR; i++)
      printf "<text x=\"20\" y=\"%d\"%s>%s</text>\n", 30 + (i + 1) * 18, line[i] ~ /^verified/ ? " fill=\"#7ddc94\" font-weight=\"bold\"" : line[i] ~ /^[0-9]\// ? " fill=\"#ffffff\"" : "", line[i]
    print "</g>\n</svg>"
  }'
