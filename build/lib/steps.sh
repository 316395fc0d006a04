# shellcheck shell=bash
# steps.sh: runs the steps of build/test one after another, and prints what became of them.
#
# A step is a function or command that writes to stdout and ends with 0 or not. It counts as one passed or failed check, unless it leaves
# its own counts in $RESULT: "PASSED FAILED SKIPPED" on the first line, then a line for each skip.

STEP_ROWS=() # "name|passed|failed|skipped|seconds|what was run"
STEP_SKIPS=()
RESULT=

# step NAME WHAT COMMAND...: runs COMMAND with its words shown and kept in build/out/NAME.log. WHAT is for the table.
step() {
  local name=$1 what=$2 log=$OUT/$1.log status=0 start=$SECONDS passed=1 failed=0 skipped=0 line
  shift 2
  RESULT=$OUT/$name.result
  rm -f -- "$RESULT"
  printf '\n== %s: %s\n' "$name" "$what"
  # In a subshell of its own, so that errexit holds in the step's function, which it would not in an "if".
  set +e
  (set -e; "$@") 2>&1 </dev/null | tee -- "$log"
  status=${PIPESTATUS[0]}
  set -e
  if [ "$status" -ne 0 ]; then passed=0 failed=1; fi
  if [ -s "$RESULT" ]; then
    {
      read -r passed failed skipped
      skipped=${skipped:-0}
      while IFS= read -r line; do STEP_SKIPS+=("$line"); done
    } <"$RESULT"
    # A step that ended badly has failed, whatever it counted.
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  fi
  STEP_ROWS+=("$name|$passed|$failed|$skipped|$((SECONDS - start))|$what")
}

# steps_table prints the table, the skips and the closing line; its status is that of the whole run.
steps_table() {
  local name p f s seconds what line passed=0 failed=0 skipped=0
  printf '\n%-12s %7s %7s %8s %8s   %s\n' step passed failed skipped seconds 'what ran'
  for line in "${STEP_ROWS[@]}"; do
    IFS='|' read -r name p f s seconds what <<<"$line"
    printf '%-12s %7d %7d %8d %8d   %s\n' "$name" "$p" "$f" "$s" "$seconds" "$what"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done
  printf '%-12s %7d %7d %8d %8d\n' all "$passed" "$failed" "$skipped" "$SECONDS"
  if [ ${#STEP_SKIPS[@]} -gt 0 ]; then
    printf '\nSkipped, and why:\n'
    printf '  %s\n' "${STEP_SKIPS[@]}"
  fi
  printf '\nLogs: %s\n' "$OUT"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
