"""Looks at and presses what is in the windows of a process, through the accessibility tree, as a screen reader does.

    atspi.py PID find NAME      waits until something is there whose name begins with NAME
    atspi.py PID press NAME     waits for it, and does what it does
    atspi.py PID checked NAME   waits until it is, and is checked
    atspi.py PID focus NAME     waits for it, and gives it the keyboard
    atspi.py PID heading NAME   waits until there is a heading of that name
    atspi.py PID says WORDS     waits until they are in the text of something
    atspi.py PID shown|hidden   waits until a window of the process is on the screen, or none is

Ends with 0, or after 20 seconds with 1 and the tree as it is then. Wants Debian's gir1.2-atspi-2.0 and python3-gi.
"""

import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

PATIENCE = 20


def below(node, depth=0):
    """All nodes from here on. What goes away while it is looked at is left out."""
    yield node, depth
    try:
        children = [node.get_child_at_index(i) for i in range(node.get_child_count())]
    except GLib.Error:
        return
    for child in children:
        if child is not None:
            yield from below(child, depth + 1)


def of(pid):
    """The nodes of the process, afresh: a cached one may be of a page that has gone."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    for i in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(i)
        try:
            if app is not None and app.get_process_id() == pid:
                app.clear_cache()
                yield from below(app)
        except GLib.Error:
            continue


def has(node, state):
    return node.get_state_set().contains(state)


def named(pid, name):
    for node, _ in of(pid):
        try:
            if node.get_name().startswith(name):  # be it scrolled out of sight
                yield node
        except GLib.Error:
            continue


def press(pid, name):
    for node in named(pid, name):
        if Atspi.Action.get_n_actions(node) > 0:
            return Atspi.Action.do_action(node, 0)
    return False


def focus(pid, name):
    for node in named(pid, name):
        if has(node, Atspi.StateType.FOCUSED):
            return True
        if has(node, Atspi.StateType.FOCUSABLE):
            Atspi.Component.grab_focus(node)
    return False


def says(pid, words):
    for node, _ in of(pid):
        try:
            if words in node.get_name() or words in Atspi.Text.get_text(node, 0, -1):
                return True
        except (GLib.Error, TypeError):
            continue
    return False


def shown(pid):
    return any(node.get_role() == Atspi.Role.FRAME and has(node, Atspi.StateType.SHOWING) for node, _ in of(pid))


def main(pid, what, name=""):
    asked = {
        "find": lambda: any(named(pid, name)),
        "press": lambda: press(pid, name),
        "checked": lambda: any(has(node, Atspi.StateType.CHECKED) for node in named(pid, name)),
        "focus": lambda: focus(pid, name),
        "heading": lambda: any(node.get_role() == Atspi.Role.HEADING for node in named(pid, name)),
        "says": lambda: says(pid, name),
        "shown": lambda: shown(pid),
        "hidden": lambda: not shown(pid),
    }[what]
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if asked():
                return 0
        except (GLib.Error, TypeError):
            pass  # the tree changes while it is looked at
        time.sleep(0.05)
    for node, depth in of(pid):
        try:
            print("  " * depth + node.get_role_name(), repr(node.get_name()), "" if has(node, Atspi.StateType.SHOWING) else "(not shown)")
        except GLib.Error:
            continue
    return 1


sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
