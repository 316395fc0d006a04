package anthropic

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
)

const (
	longestName = 64 // accepted are 128, by some compatible vendors 64
	longestID   = 64
	searchName  = "web_search"
	answerName  = "structured_answer" // the tool that stands for a structured answer
)

// legal reports whether s fits ^[a-zA-Z0-9_-]+$, in at most n bytes.
func legal(s string, n int) bool {
	if s == "" || len(s) > n {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// digest is ten characters that tell texts apart.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}

// tame makes s legal: what is not becomes an underscore, and a digest of the whole keeps it apart from others.
func tame(s string, n int) string {
	mark := "_" + digest(s)
	b := []byte(s[:min(len(s), n-len(mark))])
	for i, c := range b {
		if !legal(string(c), 1) {
			b[i] = '_'
		}
	}
	return string(b) + mark
}

// names are the tools' names of a request.
func names(r *conversation.Request) *toolnames.Names {
	own := []string{answerName}
	for _, t := range r.Tools {
		if t.Kind == conversation.WebSearch {
			own = append(own, searchName)
		}
	}
	return toolnames.Of(r, toolnames.Form{Longest: longestName, Fits: toolnames.Word, Own: own})
}

// chosen is the upstream's name for a tool that was chosen by its name alone; "" where it was not declared.
func chosen(r *conversation.Request, n *toolnames.Names, name string) string {
	for i := range r.Tools {
		t := &r.Tools[i]
		switch {
		case t.Kind == conversation.WebSearch && (name == t.Name || name == searchName):
			return searchName
		case toolnames.Callable(t.Kind) && (t.Name == name || n.Name(t.Namespace, t.Name) == name):
			return n.Name(t.Namespace, t.Name)
		}
	}
	return ""
}

// toolID is the id of the i-th call of a conversation, and is new among those seen. An id that is legal and new stays.
func toolID(id string, i int, seen map[string]bool) string {
	if !legal(id, longestID) || seen[id] {
		sum := sha256.Sum256([]byte(id + "\x00" + strconv.Itoa(i)))
		id = "toolu_" + hex.EncodeToString(sum[:12])
	}
	seen[id] = true
	return id
}

// clientID is the id of a call for a client, who gives it back with the result.
func clientID(id string) string {
	switch {
	case id == "":
		return newID("toolu_")
	case legal(id, 256):
		return id
	}
	return tame(id, longestID)
}
