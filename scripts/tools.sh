# Installs what a bare Debian machine lacks; sourced by ./verify and ./events.

missing=()

need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null || missing+=("$2")
}

install_needed() { # WHO
  if [ ${#missing[@]} -eq 0 ]; then
    return
  fi
  if ! command -v apt-get >/dev/null; then
    cat >&2 <<NONE
Error: ${missing[*]} not found
  Cause:    it is not on the PATH, and there is no apt-get to install it with
  Solution: install ${missing[*]} and try again
NONE
    exit 1
  fi
  echo "$1: installing ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
  $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
