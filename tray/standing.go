package tray

import (
	"errors"
	"slices"
)

// Standing says whether there is an icon in the tray now.
type Standing struct {
	Shown bool
	Why   string // why there is none, in a sentence or two for the user
}

// host is what there is to put an icon into.
type host struct {
	there bool
	why   string // why there is none

	// A desktop's panel on Linux lists the icons that it has. Elsewhere there is no list: what is put into the tray is shown.
	lists bool
	pids  []int // the processes whose icons are listed
	vague bool  // some icon's process is not known
}

func (h host) same(o host) bool {
	return h.there == o.there && h.why == o.why && h.lists == o.lists && h.vague == o.vague && slices.Equal(h.pids, o.pids)
}

// has reports whether a process has its icon there.
func (h host) has(pid int) bool { return h.there && (!h.lists || slices.Contains(h.pids, pid)) }

// helper is what there is to draw the icon.
type helper struct {
	pid int
	err error // why it is not ready
}

// join makes a standing of the two things that an icon needs: a place to be in, and a helper to draw it. On Linux the helper can be ready and
// the panel there, and yet the icon is not: the one has not found the other. So only what the panel lists is shown.
func join(h host, by helper) Standing {
	switch {
	case !h.there:
		return Standing{Why: h.why}
	case by.err != nil:
		return Standing{Why: line(sentence(by.err.Error()), 300) + "."}
	case h.has(by.pid):
		return Standing{Shown: true}
	case h.vague:
		return Standing{Why: "The desktop's panel does not say whether it shows Metapi's icon."}
	}
	return Standing{Why: "The desktop's panel does not show Metapi's icon yet."}
}

// missing reports that an icon should be there and is not, beyond doubt.
func missing(h host, by helper) bool { return h.there && by.err == nil && !h.has(by.pid) && !h.vague }

var (
	errStarting = errors.New("the tray program is starting")
	errMissing  = errors.New("the desktop's panel has not taken the icon; the tray program is started again")
)
