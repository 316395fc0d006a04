package tray

import "errors"

// Standing says whether there is an icon in the tray now.
type Standing struct {
	Shown bool
	Why   string // why there is none, in a sentence or two for the user
}

// host is what there is to put an icon into.
type host struct {
	there bool
	why   string // why there is none
}

// join makes a standing of the two things that an icon needs: a place to be in, and a helper to draw it.
func join(h host, helper error) Standing {
	switch {
	case !h.there:
		return Standing{Why: h.why}
	case helper != nil:
		return Standing{Why: line(sentence(helper.Error()), 300) + "."}
	}
	return Standing{Shown: true}
}

var errStarting = errors.New("the tray program is starting")
