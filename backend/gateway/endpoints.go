package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/dialects"
	"metapi/backend/snapshot"
)

// endpoint is what a path means: an operation of a protocol, or a list that Metapi answers itself.
type endpoint struct {
	protocol  protocol.Protocol
	operation protocol.Operation
	model     string // from the path, where the protocol has it there
	id        string // a response id, or the model of a single-model GET
	stream    bool   // asked for by the path
	array     bool   // gemini: a stream without alt=sse is one JSON array
	item      string // of a conversation
	kept      func(*keptCall) ([]byte, error)
	list      func(http.ResponseWriter, *http.Request, endpoint, *snapshot.Snapshot)
}

func (e endpoint) dialect() protocol.Dialect { return dialects.Of(e.protocol) }

// posts are the endpoints with a fixed path, all of method POST.
var posts = map[string]endpoint{
	"/v1/chat/completions":       {protocol: protocol.OpenAIChat, operation: protocol.Generate},
	"/v1/responses":              {protocol: protocol.OpenAIResponses, operation: protocol.Generate},
	"/v1/responses/input_tokens": {protocol: protocol.OpenAIResponses, operation: protocol.CountTokens},
	"/v1/responses/compact":      {protocol: protocol.OpenAIResponses, operation: protocol.Compact},
	"/v1/embeddings":             {protocol: protocol.OpenAIEmbeddings, operation: protocol.Embed},
	"/v1/messages":               {protocol: protocol.Anthropic, operation: protocol.Generate},
	"/v1/messages/count_tokens":  {protocol: protocol.Anthropic, operation: protocol.CountTokens},
}

// geminiMethods are the words after the colon of /v1beta/models/M:word.
var geminiMethods = map[string]endpoint{
	"generateContent":       {protocol: protocol.Gemini, operation: protocol.Generate},
	"streamGenerateContent": {protocol: protocol.Gemini, operation: protocol.Generate, stream: true},
	"countTokens":           {protocol: protocol.Gemini, operation: protocol.CountTokens},
}

// findEndpoint reads method and path.
func findEndpoint(r *http.Request) (endpoint, *protocol.Error) {
	path := r.URL.Path
	if ep, ok := posts[path]; ok {
		return ep, wantMethod(r, http.MethodPost)
	}
	if path == "/v1/models" {
		ep := endpoint{protocol: protocol.OpenAIChat, list: listOpenAI}
		if anthropicCaller(r) {
			ep = endpoint{protocol: protocol.Anthropic, list: listAnthropic}
		}
		return ep, wantMethod(r, http.MethodGet)
	}
	if id, ok := strings.CutPrefix(path, "/v1/models/"); ok && id != "" {
		ep := endpoint{protocol: protocol.OpenAIChat, id: id, list: listOpenAI}
		if anthropicCaller(r) {
			ep = endpoint{protocol: protocol.Anthropic, id: id, list: listAnthropic}
		}
		return ep, wantMethod(r, http.MethodGet)
	}
	if rest, ok := strings.CutPrefix(path, "/v1/responses/"); ok {
		if id, ok := strings.CutSuffix(rest, "/cancel"); ok && plainID(id) {
			return endpoint{protocol: protocol.OpenAIResponses, operation: protocol.Cancel, id: id}, wantMethod(r, http.MethodPost)
		}
		if id, ok := strings.CutSuffix(rest, "/input_items"); ok && plainID(id) {
			return endpoint{protocol: protocol.OpenAIResponses, operation: protocol.InputItems, id: id}, wantMethod(r, http.MethodGet)
		}
		if plainID(rest) && r.Method == http.MethodDelete {
			return endpoint{protocol: protocol.OpenAIResponses, operation: protocol.Delete, id: rest}, nil
		}
		if plainID(rest) && r.Method != http.MethodPost { // nobody posts to a response
			ep := endpoint{protocol: protocol.OpenAIResponses, operation: protocol.Retrieve, id: rest}
			ep.stream = strings.EqualFold(r.URL.Query().Get("stream"), "true")
			return ep, wantMethod(r, http.MethodGet)
		}
	}
	if rest, ok := strings.CutPrefix(path, "/v1/conversations"); ok && (rest == "" || rest[0] == '/') {
		return findConversation(r, rest)
	}
	if path == "/v1beta/models" {
		return endpoint{protocol: protocol.Gemini, list: listGemini}, wantMethod(r, http.MethodGet)
	}
	if rest, ok := strings.CutPrefix(path, "/v1beta/"); ok {
		name, isModel := strings.CutPrefix(rest, "models/") // which Vercel's AI SDK leaves out of account/model
		if i := strings.LastIndexByte(name, ':'); i > 0 {
			if ep, ok := geminiMethods[name[i+1:]]; ok {
				ep.model = name[:i]
				ep.array = ep.stream && r.URL.Query().Get("alt") != "sse"
				return ep, wantMethod(r, http.MethodPost)
			}
		} else if isModel && name != "" {
			return endpoint{protocol: protocol.Gemini, id: name, list: listGemini}, wantMethod(r, http.MethodGet)
		}
	}
	return endpoint{}, notServed(r)
}

func notServed(r *http.Request) *protocol.Error {
	return &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Metapi does not serve %s %s", r.Method, r.URL.Path)}
}

func plainID(id string) bool { return id != "" && !strings.Contains(id, "/") }

func wantMethod(r *http.Request, method string) *protocol.Error {
	if r.Method == method {
		return nil
	}
	return &protocol.Error{Kind: protocol.NotFound, Status: http.StatusMethodNotAllowed, Param: method,
		Message: fmt.Sprintf("%s takes %s, not %s", r.URL.Path, method, r.Method)}
}

func anthropicCaller(r *http.Request) bool {
	return r.Header.Get("Anthropic-Version") != "" || r.Header.Get("X-Api-Key") != ""
}

// dialectOf guesses how a caller of an unknown path wants its errors.
func dialectOf(r *http.Request) protocol.Dialect {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/v1beta/"):
		return dialects.Of(protocol.Gemini)
	case strings.HasPrefix(path, "/v1/messages"), anthropicCaller(r):
		return dialects.Of(protocol.Anthropic)
	case strings.HasPrefix(path, "/v1/responses"), strings.HasPrefix(path, "/v1/conversations"):
		return dialects.Of(protocol.OpenAIResponses)
	}
	return dialects.Of(protocol.OpenAIChat)
}
