# shellcheck shell=bash
# apt.sh: installs Debian packages that are missing, and says which and why.

APT_TRIES=5
APT_PAUSE=${APT_PAUSE:-10} # seconds between tries
MISSING=() # packages found missing by want

# want COMMAND PACKAGE WHY: notes PACKAGE as missing where COMMAND is not there.
want() {
  have "$1" && return
  say "Missing: $2 ($3)."
  MISSING+=("$2")
}

# want_unless PACKAGE WHY COMMAND...: notes PACKAGE as missing where COMMAND does not succeed.
want_unless() {
  local package=$1 why=$2
  shift 2
  if "$@" >/dev/null 2>&1; then return; fi
  say "Missing: $package ($why)."
  MISSING+=("$package")
}

# as_root COMMAND...: runs it as root, through sudo where need be. Without a terminal sudo must not ask for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 2 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# install_missing installs the noted packages.
install_missing() {
  [ ${#MISSING[@]} -gt 0 ] || return 0
  local by_hand="install them with: apt-get install ${MISSING[*]}"
  have apt-get || die "There is no apt-get here to install ${MISSING[*]}: $by_hand, or with what your system has."
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    die "Installing ${MISSING[*]} needs root or sudo: $by_hand, as root."
  fi
  say "Installing with apt: ${MISSING[*]}"
  apt_install "${MISSING[@]}" || die "apt could not install ${MISSING[*]} (its words are above): $by_hand, as root."
  MISSING=()
}

# apt_install PACKAGE...: tries without "apt-get update" first; refreshes the lists only when that failed. Another apt at work holds a
# lock, or takes archives away under our hands: waits and tries again.
apt_install() {
  local try
  for ((try = 1; try <= APT_TRIES; try++)); do
    if apt_get install -y --no-install-recommends "$@"; then return 0; fi
    if [ "$try" -eq "$APT_TRIES" ]; then break; fi
    if [ "$try" -gt 1 ]; then sleep "$APT_PAUSE"; fi
    say "apt did not succeed (try $try of $APT_TRIES); refreshing its lists."
    apt_get update || true
  done
  return 1
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" </dev/null >&2; }

# apt_unpack DIR COMMAND PACKAGE...: puts the files of the first PACKAGE that holds COMMAND (a path such as usr/sbin/nginx) under DIR,
# installing nothing: no root is needed, and no service of it is started.
apt_unpack() {
  local dir=$1 command=$2 package
  shift 2
  for package in "$@"; do
    rm -rf -- "$dir"
    mkdir -p -- "$dir/archives"
    (cd "$dir/archives" && apt-get -q download "$package" >&2) || continue
    dpkg-deb -x "$dir/archives/$package"_*.deb "$dir" || continue
    if [ -x "$dir/$command" ]; then return 0; fi
  done
  return 1
}
