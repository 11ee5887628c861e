#!/usr/bin/env bash
# Builds the distribution of the command in cli/target/events; ./events calls it.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/jdk.sh
. scripts/tools.sh
distribution=$1
stamp=$distribution/stamp
work=${distribution%/*}
mkdir -p "$work"

# One at a time: whoever comes second waits, and then finds it done.
if command -v flock >/dev/null; then
  before=$(stat -c %Y "$stamp" 2>/dev/null || echo none)
  exec 9>"$work/distribution.lock"
  flock 9
  [ "$(stat -c %Y "$stamp" 2>/dev/null || echo none)" = "$before" ] || exit 0
fi

if [ -e "$stamp" ]; then
  echo "events: the sources have changed; building the command again (about half a minute)"
else
  echo "events: building the command, once (a minute or two)"
fi
find_jdk
need mvn maven
install_needed events

log=$work/distribution.log
begun=$work/distribution.begun # what changes while it is being built is newer than that
touch "$begun"
rm -rf "$distribution"
if [ "$(jdk_version "$JAVA_HOME")" -ge 24 ]; then
  export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
fi
if ! mvn --batch-mode --no-transfer-progress -q -pl cli -am package -Dmaven.test.skip=true -Dcheckstyle.skip \
  -Dspotless.check.skip -Dwarnings=-g >"$log" 2>&1; then
  tail -n 30 "$log"
  echo "Error: the command can't be built"
  echo "  Cause:    mvn failed, see above; all it said is in $log"
  echo "  Solution: correct what it names, and run ./events again"
  exit 1
fi
cp scripts/jdk.sh "$distribution/bin/jdk.sh"
bash "$distribution/bin/prepare"
mv "$begun" "$stamp"
