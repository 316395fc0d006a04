# shellcheck shell=bash
# checks.sh: the steps of build/test. Each runs with ROOT as its folder.

check_format() {
  local files bad
  mapfile -t files < <(tree_files | grep '\.go$')
  bad=$(gofmt -l "${files[@]}")
  if [ -n "$bad" ]; then
    printf 'Not formatted; run gofmt -w on:\n%s\n' "$bad"
    return 1
  fi
  printf '%d Go files are formatted.\n' "${#files[@]}"
}

check_scripts() {
  local file scripts=()
  while IFS= read -r file; do
    case $file in
      *.sh) scripts+=("$file") ;;
      *) if head -n 1 -- "$file" | grep -aqE '^#!.*\b(ba)?sh\b'; then scripts+=("$file"); fi ;;
    esac
  done < <(tree_files | grep -E '^(build|\.ci|tray|app)/' | grep -E '(\.sh|/[^./]+)$')
  shellcheck -x -P SCRIPTDIR "${scripts[@]}"
  printf '%d scripts are clean.\n' "${#scripts[@]}"
  build/lib/selftest
}

check_vet() {
  local system module
  go vet ./...
  # A generator with dependencies of its own is a module of its own.
  while IFS= read -r module; do go -C "$(dirname -- "$module")" vet ./...; done < <(tree_files | grep -E '/go\.mod$')
  for system in windows darwin; do
    GOOS=$system CGO_ENABLED=0 go vet ./...
  done
}

check_builds() {
  local system
  for system in linux windows darwin; do
    CGO_ENABLED=0 GOOS=$system go build ./...
    printf '%s builds.\n' "$system"
  done
}

# check_pages: types, lint and unit tests of the pages, and that their API types are made from the API as it is now.
check_pages() {
  npm_ci "$ROOT/frontend"
  local made=$OUT/schema.d.ts
  (cd frontend && npx --no openapi-typescript src/api/openapi.json -o "$made" >/dev/null)
  if ! diff -u frontend/src/api/schema.d.ts "$made"; then
    printf 'The API has changed since the types of the pages were made: npm --prefix frontend run types.\n'
    return 1
  fi
  npm --prefix frontend run --silent check
  npm --prefix frontend run --silent lint
  npm --prefix frontend run --silent test
}

# check_ui: the pages in a browser.
check_ui() {
  local tests=build/ui/test
  "$tests" 2>&1 | judge_skips -plain ui
}

# check_desktop_vet looks at the files behind the tag desktop, for the systems whose libraries are here or not needed.
check_desktop_vet() {
  local packages=(. ./app/... ./tray/...)
  go vet -tags "$DESKTOP_TAGS" "${packages[@]}"
  GOOS=windows CGO_ENABLED=0 go vet -tags "$DESKTOP_TAGS" "${packages[@]}"
  go tool staticcheck -tags "$DESKTOP_TAGS" "${packages[@]}"
}

# check_desktop builds the app and its helper for Windows, then those for this machine, and uses them. -p 1: there is one display, and
# one session bus with one tray.
check_desktop() {
  build_pages
  CGO_ENABLED=0 GOOS=windows go build -tags "$DESKTOP_TAGS" -ldflags '-H windowsgui' -o "$OUT/bin/metapi-app.exe" .
  CGO_ENABLED=0 GOOS=windows go build -tags "$DESKTOP_TAGS" -ldflags '-H windowsgui' -o "$OUT/bin/metapi-tray.exe" ./tray/helper
  printf 'windows builds.\n'
  build_desktop
  export METAPI_APP_BIN=$ROOT/bin/metapi-app METAPI_TRAY_BIN=$ROOT/bin/metapi-tray
  CGO_ENABLED=1 with_display go test -race -p 1 -count=1 -json -timeout 10m "${ON_DISPLAY[@]/#/.\/}" 2>&1 | tee -- "$OUT/desktop.json" | judge_skips
}

check_imports() { go test -count=1 ./build/rules/; }

# judge_skips [-plain NAME]: shows and counts the test output on stdin, and fails on a skip that build/skips.txt does not expect.
judge_skips() {
  go build -o "$OUT/bin/report" ./build/report
  "$OUT/bin/report" -skips build/skips.txt -root . -result "$RESULT" "$@"
}

# check_go: a cached result would not notice that a program the test needs has come or gone, hence -count=1.
check_go() {
  local packages
  mapfile -t packages < <(go list ./... | grep -vxF "$(printf 'metapi/%s\n' "${ON_DISPLAY[@]}")")
  CGO_ENABLED=1 go test -race -count=1 -json -timeout 10m "${packages[@]}" 2>&1 | tee -- "$OUT/go.json" | judge_skips
  # Under the race detector sockets are read and written by other calls, see package socket: those of the product are tried here.
  go test -count=1 ./backend/gateway/socket ./backend/gateway/wire
}

# ON_DISPLAY: packages with tests that want the desktop app, a display and a session bus. check_desktop runs them, the rest of their tests too.
ON_DISPLAY=(app/window/e2e tray)

# check_sdk: build/sdk/test prints "skip NAME: REASON" lines, and on its last line "N passed, N failed, N skipped".
check_sdk() {
  local tests=build/sdk/test
  "$tests" 2>&1 | judge_skips -plain sdk
}

# check_agents: real coding agents, each in front of each vendor.
check_agents() {
  local tests=build/agents/test
  "$tests" 2>&1 | judge_skips -plain agents
}

# check_fuzz runs every fuzz target for 20 s. What it finds stays as a seed in the package's testdata.
check_fuzz() {
  local package target status=0 passed=0 failed=0
  while read -r package target; do
    printf '%s %s\n' "$package" "$target"
    if go test -run '^$' -fuzz "^$target\$" -fuzztime 20s "$package"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1)) status=1
    fi
  done < <(fuzz_targets)
  printf '%d %d 0\n' "$passed" "$failed" >"$RESULT"
  return "$status"
}

# fuzz_targets prints "package target" lines. go test -list prints a package's names, then its own line.
fuzz_targets() { go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[++n] = $1 } /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }'; }
