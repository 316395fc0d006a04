# shellcheck shell=bash
# metapi.sh: builds the product.

# product_version: what git calls this tree, or "source" where there is no git.
product_version() {
  local version=''
  if [ -e "$ROOT/.git" ] && have git; then version=$(git -C "$ROOT" describe --tags --always --dirty 2>/dev/null || true); fi
  printf '%s\n' "${version:-source}"
}

# build_metapi makes bin/metapi: the untagged build, pure Go, without a window. Go itself finds out whether anything has changed.
build_metapi() {
  if [ ! -x "$ROOT/bin/metapi" ]; then say "Building bin/metapi; the first time takes a minute or two."; fi
  can_write "$ROOT/bin" || die "Cannot write $ROOT/bin: copy this folder to a place of your own and build there."
  CGO_ENABLED=0 go -C "$ROOT" build -buildvcs=false -ldflags "-X main.version=$(product_version)" -o bin/metapi . ||
    die "bin/metapi could not be built: Go's words are above."
}
