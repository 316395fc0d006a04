# shellcheck shell=bash
# display.sh: a desktop of one's own for a command: an X display, a window manager, a session bus and a runtime folder, all of which are
# gone afterwards. It touches no other display or bus, and ends only what it has started.
#
# It needs Xvfb, openbox and dbus-run-session (Debian: xvfb openbox dbus). Not dbus-x11: with it, programs without a bus would start one.

DISPLAY_PATIENCE=${DISPLAY_PATIENCE:-30} # seconds for the display, and for the window manager, to come up

# with_display COMMAND...: runs it there, and returns what it returns.
with_display() (
  set +e -m # each job is a process group, so that it can be ended with all that it has started
  display='' session=''
  runtime=$(mktemp -d) || return 1
  # shellcheck disable=SC2317 # the traps call it
  end() {
    local job
    for job in "$session" "$display"; do
      if [ -n "$job" ]; then
        kill -- "-$job" 2>/dev/null
        wait "$job" 2>/dev/null
      fi
    done
    rm -rf -- "$runtime"
  }
  trap end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkfifo "$runtime/display" "$runtime/wm" || return 1

  # The server chooses a free display, and says which once it takes connections.
  Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp -noreset 3<>"$runtime/display" >"$runtime/display.log" 2>&1 &
  display=$!
  if ! read -r -t "$DISPLAY_PATIENCE" number <>"$runtime/display"; then
    printf 'No X display came up within %s s. Xvfb says:\n' "$DISPLAY_PATIENCE" >&2
    cat -- "$runtime/display.log" >&2
    return 1
  fi
  export DISPLAY=:$number XDG_RUNTIME_DIR=$runtime XDG_SESSION_TYPE=x11 XDG_CURRENT_DESKTOP=openbox
  unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS

  # The window manager says by its startup command that it manages windows.
  # shellcheck disable=SC2016 # the inner shells are to expand these
  dbus-run-session -- bash -c '
    openbox --startup "sh -c \"echo ready >\\\"\$XDG_RUNTIME_DIR/wm\\\"\"" >"$XDG_RUNTIME_DIR/wm.log" 2>&1 &
    wm=$!
    if ! read -r -t "$1" _ <>"$XDG_RUNTIME_DIR/wm"; then
      printf "The window manager did not come up within %s s. openbox says:\n" "$1" >&2
      cat -- "$XDG_RUNTIME_DIR/wm.log" >&2
      exit 1
    fi
    shift
    "$@"
    status=$?
    kill "$wm" 2>/dev/null
    wait "$wm" 2>/dev/null
    exit "$status"' with_display "$DISPLAY_PATIENCE" "$@" <&0 &
  session=$!
  set +m # no words about jobs
  wait "$session"
  status=$?
  session=''
  return "$status"
)
