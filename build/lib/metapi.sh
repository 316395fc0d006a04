# shellcheck shell=bash
# metapi.sh: builds the product. It has two builds, and each has one set of flags, everywhere: another set would compile all of it anew.
#
#   bin/metapi       untagged, pure Go: the command line and the headless gateway. Needs Go alone, and starts where there is no GTK
#   bin/metapi-app   with the window, which it opens when it is given no command; it takes every command, too. Needs GTK and WebKitGTK, to be
#                    built and to be started. An installed Metapi on Linux has this one, under the name metapi. In a source tree it must
#                    not take the place of the other, which people who have neither library build and use
#   bin/metapi-tray  the helper that draws the tray icon, which metapi-app looks for beside itself

DESKTOP_TAGS=desktop,production,webkit2_41

# product_version: what git calls this tree, or "source" where there is no git.
product_version() {
  local version=''
  if [ -e "$ROOT/.git" ] && have git; then version=$(git -C "$ROOT" describe --tags --always --dirty 2>/dev/null || true); fi
  printf '%s\n' "${version:-source}"
}

# build_metapi makes bin/metapi. Go itself finds out whether anything has changed.
build_metapi() {
  if [ ! -x "$ROOT/bin/metapi" ]; then say "Building bin/metapi; the first time takes a minute or two."; fi
  need_bin
  CGO_ENABLED=0 go -C "$ROOT" build -buildvcs=false -ldflags "-X main.version=$(product_version)" -o bin/metapi . ||
    die "bin/metapi could not be built: Go's words are above."
}

# need_desktop installs what build_desktop needs beside Go.
need_desktop() {
  want cc build-essential 'the window is drawn by C libraries'
  want pkg-config pkg-config 'Go finds C libraries by it'
  want_unless libgtk-3-dev 'the window' pkg-config --exists gtk+-3.0
  want_unless libwebkit2gtk-4.1-dev 'the pages in the window' pkg-config --exists webkit2gtk-4.1
  want_unless libayatana-appindicator3-dev 'the tray icon' pkg-config --exists ayatana-appindicator3-0.1
  install_missing
}

# build_desktop makes bin/metapi-app and bin/metapi-tray.
build_desktop() {
  if [ ! -x "$ROOT/bin/metapi-app" ]; then say "Building bin/metapi-app; the first time takes a few minutes."; fi
  need_bin
  CGO_ENABLED=1 go -C "$ROOT" build -buildvcs=false -tags "$DESKTOP_TAGS" -ldflags "-X main.version=$(product_version)" -o bin/metapi-app . ||
    die "bin/metapi-app could not be built: Go's words are above."
  CGO_ENABLED=1 go -C "$ROOT" build -buildvcs=false -tags "$DESKTOP_TAGS" -o bin/metapi-tray ./tray/helper ||
    die "bin/metapi-tray could not be built: Go's words are above."
}

need_bin() { can_write "$ROOT/bin" || die "Cannot write $ROOT/bin: copy this folder to a place of your own and build there."; }

# build_pages makes frontend/dist, which both builds embed, where its sources are not those that it was made from.
build_pages() {
  local sources
  sources=$(pages_sources)
  if [ -f "$ROOT/frontend/dist/index.html" ] && [ "$sources" = "$(cat -- "$CACHE/pages" 2>/dev/null)" ]; then return; fi
  npm_ci "$ROOT/frontend"
  say "Building the pages."
  npm --prefix "$ROOT/frontend" run build >&2 || die "The pages could not be built: the words of npm are above."
  mkdir -p -- "$CACHE"
  printf '%s\n' "$sources" >"$CACHE/pages"
}

# pages_sources: a checksum of all that the pages are made from.
pages_sources() {
  tree_files | grep -E '^(frontend/|backend/words/[^/]*\.json$)' | grep -vE '^frontend/(dist|node_modules)/|\.go$' | LC_ALL=C sort |
    (cd "$ROOT" && while IFS= read -r file; do sha256sum -- "$file"; done) | sha256sum
}
