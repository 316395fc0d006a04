package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"metapi/backend/protocol"
)

// page is one answer to a request for models, in any of the shapes that hosts give it:
//
//	{"object": "list", "data": [{"id": …}]}                  OpenAI
//	{"data": [{"id": …}], "has_more": …, "last_id": …}       Anthropic
//	{"models": [{"name": "models/…"}], "nextPageToken": …}   Gemini
//	[{"id": …}]                                              Together
//	{"data": null}, {"models": ["name", …]}                  relays
type page struct {
	HasMore       bool   `json:"has_more"`
	LastID        string `json:"last_id"`
	NextPageToken string `json:"nextPageToken"`

	items []item
	no    bool // it is an error rather than a page
}

// item is one model, with the fields that any host is known to give. None is needed but a name.
type item struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Model string `json:"model"`
	Type  string `json:"type"`

	DisplayName      string `json:"display_name"`
	DisplayNameCamel string `json:"displayName"`
	OwnedBy          string `json:"owned_by"`

	Created   json.RawMessage `json:"created"`    // Unix seconds
	CreatedAt json.RawMessage `json:"created_at"` // RFC 3339, or Unix seconds

	ContextLength  number `json:"context_length"`     // OpenRouter, Together
	ContextWindow  number `json:"context_window"`     // Groq
	MaxContext     number `json:"max_context_length"` // Mistral, LM Studio
	MaxModelLen    number `json:"max_model_len"`      // vLLM
	MaxInputTokens number `json:"max_input_tokens"`   // Anthropic
	InputLimit     number `json:"inputTokenLimit"`    // Gemini

	MaxTokens     number `json:"max_tokens"`            // Anthropic
	MaxCompletion number `json:"max_completion_tokens"` // Groq
	OutputLimit   number `json:"outputTokenLimit"`      // Gemini
	TopProvider   struct {
		MaxCompletion number `json:"max_completion_tokens"`
	} `json:"top_provider"` // OpenRouter

	SupportedEndpointTypes     []string `json:"supported_endpoint_types"`   // New API
	SupportedGenerationMethods []string `json:"supportedGenerationMethods"` // Gemini
	Architecture               struct {
		OutputModalities []string `json:"output_modalities"`
	} `json:"architecture"` // OpenRouter

	raw json.RawMessage // all of it
}

// number is a count that hosts write as 8192, 8192.0 or "8192". Anything else counts as unknown.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err == nil && f > 0 && f < math.MaxInt32 {
		*n = number(f)
	}
	return nil
}

// parsePage reads a page. It is not one if it is not JSON, or has no list of models in it: an error in a 200 is
// none, an empty list is.
func parsePage(body []byte) (*page, bool) {
	body = bytes.TrimSpace(body)
	pg := &page{}
	if len(body) == 0 {
		return nil, false
	}
	if body[0] == '[' {
		return pg, pg.read(body)
	}
	var top struct {
		page
		Data    json.RawMessage `json:"data"`
		Models  json.RawMessage `json:"models"`
		Error   json.RawMessage `json:"error"`
		Success *bool           `json:"success"`
		Message string          `json:"message"`
		Msg     string          `json:"msg"`
		Detail  json.RawMessage `json:"detail"`
	}
	if lenient(json.Unmarshal(body, &top)) != nil || body[0] != '{' {
		return nil, false
	}
	*pg = top.page
	pg.no = top.Success != nil && !*top.Success || !absent(top.Error)
	for _, list := range []json.RawMessage{top.Data, top.Models} {
		if !absent(list) {
			return pg, !pg.no && pg.read(list)
		}
	}
	// {"data": null} is what a relay answers to a key that may use nothing; Gemini leaves out an empty list.
	pg.no = pg.no || top.Message != "" || top.Msg != "" || !absent(top.Detail)
	return pg, !pg.no && (top.Data != nil || top.Models != nil || string(bytes.Join(bytes.Fields(body), nil)) == "{}")
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// read takes in a list of models, or of bare names.
func (pg *page) read(list json.RawMessage) bool {
	var raws []json.RawMessage
	if json.Unmarshal(list, &raws) != nil {
		return false
	}
	pg.items = make([]item, 0, len(raws))
	for _, raw := range raws {
		var it item
		if raw[0] == '"' {
			if json.Unmarshal(raw, &it.ID) != nil {
				continue
			}
		} else if lenient(json.Unmarshal(raw, &it)) != nil {
			continue
		}
		it.raw = raw
		pg.items = append(pg.items, it)
	}
	// A list of things that are no models is not a list of models.
	for i := range pg.items {
		if pg.items[i].name() != "" {
			return true
		}
	}
	return len(raws) == 0
}

// lenient forgives a field of an unexpected type: the others have been read all the same.
func lenient(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

// lastID is the cursor of Anthropic's pages; relays that forget it mean the last model.
func (pg *page) lastID() string {
	if pg.LastID == "" && len(pg.items) > 0 {
		return pg.items[len(pg.items)-1].name()
	}
	return pg.LastID
}

// name is what must be sent to reach the model.
func (it *item) name() string {
	switch {
	case it.ID != "":
		return it.ID
	case it.Name != "":
		return strings.TrimPrefix(it.Name, "models/") // Gemini's resource name
	}
	return it.Model
}

func (it *item) listed(name string, set protocol.Set) Listed {
	m := Listed{
		Name: name, Display: name, Protocols: set, OwnedBy: clip(it.OwnedBy, 80),
		Context:   first(it.ContextLength, it.ContextWindow, it.MaxContext, it.MaxModelLen, it.MaxInputTokens, it.InputLimit),
		MaxOutput: first(it.MaxTokens, it.MaxCompletion, it.TopProvider.MaxCompletion, it.OutputLimit),
		Created:   instant(it.Created),
	}
	if m.Created.IsZero() {
		m.Created = instant(it.CreatedAt)
	}
	for _, d := range []string{it.DisplayName, it.DisplayNameCamel, it.Name} {
		if d = clip(strings.TrimSpace(d), 120); d != "" && !strings.HasPrefix(d, "models/") {
			m.Display = d
			break
		}
	}
	return m
}

func first(ns ...number) int64 {
	for _, n := range ns {
		if n > 0 {
			return int64(n)
		}
	}
	return 0
}

// instant reads RFC 3339 text or Unix seconds; zero where it is neither. Vendors write 0 and 1970 for "unknown".
func instant(raw json.RawMessage) time.Time {
	s := strings.Trim(string(raw), `"`)
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Unix() > 0 {
		return t.UTC()
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f > 0 && f < 1<<33 { // the year 2242
		return time.Unix(int64(f), 0).UTC()
	}
	return time.Time{}
}

// clip cuts text to n bytes, on a whole character, and drops control characters.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
