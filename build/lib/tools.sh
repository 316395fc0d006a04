# shellcheck shell=bash
# tools.sh: the tool chains that a person brings (Go, Node), checked by version and never installed, upgraded or edited.

NODE_NEEDED=20.19

# at_least FOUND NEEDED: compares dotted versions.
at_least() { printf '%s\n%s\n' "$2" "$1" | sort -VC; }

# go_needed: the "go" line of go.mod, as major.minor.
go_needed() { sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' "$ROOT/go.mod"; }

# go_version GO: "1.26.8" for the program GO; nothing where it does not run.
go_version() { "$1" env GOVERSION 2>/dev/null | sed -n 's/.*go\([0-9][0-9.]*\).*/\1/p' || true; }

# need_go puts a Go that is new enough first in PATH: the one found there, else one in the places where Go's own installer and Debian put it.
# GOTOOLCHAIN=local: an older Go must not fetch a newer one behind a person's back, it shall be told.
need_go() {
  export GOTOOLCHAIN=local
  local need go version best=''
  need=$(go_needed)
  for go in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
    [ -x "$go" ] || continue
    version=$(go_version "$go")
    if [ -n "$version" ] && at_least "$version" "$need"; then
      PATH=$(dirname -- "$go"):$PATH
      export PATH
      use_writable_caches
      return
    fi
    best=${best:-${version:+Go $version ($go)}}
  done
  die "Metapi needs Go $need or newer and found ${best:-no Go}: get it from https://go.dev/dl/ and put its bin folder first in PATH."
}

# need_node: Node and npm, which the pages are built with and tests use.
need_node() {
  local how="get Node from https://nodejs.org/en/download and put its bin folder first in PATH." version
  version=$(node --version 2>/dev/null | sed 's/^v//' || true)
  if [ -z "$version" ] || ! at_least "$version" "$NODE_NEEDED"; then
    die "Metapi's pages and tests need Node $NODE_NEEDED or newer and found ${version:+Node }${version:-no Node}: $how"
  fi
  have npm || die "Metapi's pages and tests need npm, which comes with Node, and found Node $version without it: $how"
}

# npm_ci DIR: installs what DIR/package-lock.json names, unless node_modules is of this lock file already. No package's scripts run.
npm_ci() {
  local stamp=$1/node_modules/.lock-hash hash
  hash=$(sha256sum <"$1/package-lock.json")
  if [ -f "$stamp" ] && [ "$(cat -- "$stamp")" = "$hash" ]; then return; fi
  say "Installing the npm packages of ${1#"$ROOT/"}."
  npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    die "npm could not install what ${1#"$ROOT/"}/package-lock.json names: its words are above."
  printf '%s\n' "$hash" >"$stamp"
}

# use_writable_caches: Go writes to its build and module caches. Where they cannot be written (no HOME, a shared read-only cache) this
# clone gets its own under build/cache, and what the read-only module cache holds is taken from there and not fetched again.
use_writable_caches() {
  local builds modules proxy
  builds=$(go env GOCACHE 2>/dev/null || true)
  can_write "$builds" || export GOCACHE=$CACHE/go-build
  modules=$(go env GOMODCACHE 2>/dev/null || true)
  if ! can_write "$modules"; then
    proxy=$(go env GOPROXY)
    if [ -d "$modules/cache/download" ]; then proxy="file://${modules// /%20}/cache/download,$proxy"; fi
    export GOMODCACHE=$CACHE/modules GOPROXY=$proxy
    export GOFLAGS="${GOFLAGS:-} -modcacherw"
  fi
}
