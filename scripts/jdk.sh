# Finds a JDK of at least 21 and exports JAVA_HOME; sourced by ./verify and ./events.
# Order: EVENTS_JAVA_HOME, then JAVA_HOME, then the newest under the usual folders.

jdk_version() { # prints the feature version of the JDK at $1, or 0
  if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    echo 0
  fi
}

find_jdk() {
  for home in "${EVENTS_JAVA_HOME:-}" "${JAVA_HOME:-}"; do
    if [ -n "$home" ] && [ "$(jdk_version "$home")" -ge 21 ]; then
      export JAVA_HOME="$home"
      return
    fi
  done
  best=20 best_home=
  for home in /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    version=$(jdk_version "$home")
    if [ "${version:-0}" -gt "$best" ]; then
      best=$version best_home=$home
    fi
  done
  if [ -z "$best_home" ]; then
    cat >&2 <<'NONE'
Error: no JDK 21 or newer found
  Cause:    looked at EVENTS_JAVA_HOME, JAVA_HOME and the usual folders (/usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks)
  Solution: install one, for example a Temurin 25 package (apt-get install temurin-25-jdk) or "sdk install java 25-tem",
            or point EVENTS_JAVA_HOME at one you have
NONE
    exit 1
  fi
  export JAVA_HOME="$best_home"
}

jvm_options() { # prints the options with which the JDK at $1 runs the command, as words without blanks
  # Warnings of the JVM's own would go to standard output, among the results.
  printf '%s' "-XX:+UseSerialGC -Xlog:disable --enable-native-access=ALL-UNNAMED"
  if [ "$(uname -s)" = Linux ]; then
    printf '%s' " -XX:+UseTransparentHugePages" # fewer page faults, a tenth of the time of a short command
  fi
  if [ "$(jdk_version "$1")" -ge 23 ]; then
    printf '%s' " --sun-misc-unsafe-memory-access=allow"
  fi
}
