package openaichat

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
)

// longest is how long a tool's name may be: FunctionObject.name.
const longest = 64

// longestID is how long a call's id may be in a request: OpenAI refuses longer ones, which other vendors make.
const longestID = 40

// names are the tools' names of a request.
func names(r *conversation.Request) *toolnames.Names {
	return toolnames.Of(r, toolnames.Form{Longest: longest, Fits: toolnames.Word})
}

// sanitise puts an underscore for every character that a name may not have, and cuts it.
func sanitise(name string, limit int) string {
	name = strings.Map(func(r rune) rune {
		if toolnames.Word(r) {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), limit)]
}

// shortID makes an id fit for a request. Equal ids stay equal, and nothing has to be mapped back: an upstream's reply names none of them.
func shortID(id string) string {
	if len(id) <= longestID {
		return id
	}
	hash := sha256.Sum256([]byte(id))
	return "call_" + hex.EncodeToString(hash[:12])
}

// nine are ids that Mistral takes, and all others are refused by it.
var nine = regexp.MustCompile(`^[a-zA-Z0-9]{9}$`)

// idOfNine makes an id of nine letters and digits. None stays none.
func idOfNine(id string) string {
	if id == "" || nine.MatchString(id) {
		return id
	}
	hash := sha256.Sum256([]byte(id))
	return hex.EncodeToString(hash[:5])[:9]
}

// emulates reports whether custom tools, which only OpenAI's newest models take, are declared as functions with one text.
func emulates(to conversation.Target) bool {
	f, _ := familyOf(to.Model)
	return !f.gpt5 && !to.Quirks[quirkCustomTools]
}
