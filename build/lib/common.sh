# shellcheck shell=bash
# common.sh: where things are, and how the scripts speak. Sourced first by every script of build/.
#
# All words go to stderr, so that the output of a command run through build/run can be piped.

set -euo pipefail
unset CDPATH

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
OUT=$ROOT/build/out     # logs and results of the last run
CACHE=$ROOT/build/cache # what was fetched for this clone alone
export ROOT OUT CACHE

say() { printf '%s\n' "$*" >&2; }

# die SENTENCE: says it and ends the script.
die() {
  say "$1"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# can_write DIR: whether files can be made in the folder DIR (an absolute path), which is created where that is possible.
can_write() { [[ $1 == /* ]] && mkdir -p -- "$1" 2>/dev/null && [ -w "$1" ]; }

# tree_files: every file of the product, one a line, relative to ROOT: what git would commit, or, in an unpacked archive without git,
# all but what is fetched or built.
tree_files() {
  if [ -e "$ROOT/.git" ] && have git; then
    git -C "$ROOT" ls-files --cached --others --exclude-standard | (cd "$ROOT" && while IFS= read -r file; do
      if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done)
    return
  fi
  (cd "$ROOT" && find . \( -name node_modules -o -path ./bin -o -path ./build/out -o -path ./build/cache -o -path ./frontend/dist \) -prune \
    -o -type f -print) | sed 's|^\./||'
}
