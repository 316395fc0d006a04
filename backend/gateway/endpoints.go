package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
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
	form      bool   // the body may be a form
	usual     string // the model where a request names none, as the vendor's reference has it
	raw       bool   // the reply is no JSON, but bytes that pass as they come
	kept      func(*keptCall) ([]byte, error)
	list      func(http.ResponseWriter, *http.Request, endpoint, *snapshot.Snapshot)
}

func (e endpoint) dialect() protocol.Dialect { return dialects.Of(e.protocol) }

// methods are the endpoints at one path. What answers GET answers HEAD, too: the server keeps the body back.
type methods map[string]endpoint

func post(p protocol.Protocol, o protocol.Operation) methods {
	return methods{http.MethodPost: {protocol: p, operation: o}}
}

// allow lists what may be asked at a path, for the header of that name.
func (ms methods) allow() string {
	names := append(slices.Collect(maps.Keys(ms)), http.MethodOptions)
	if _, ok := ms[http.MethodGet]; ok {
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// resources are the paths; a star is a name that the client fills in. They are OpenAI's and Anthropic's; Gemini's have the model in them.
var resources = map[string]methods{
	"/v1/chat/completions":       post(protocol.OpenAIChat, protocol.Generate),
	"/v1/responses":              post(protocol.OpenAIResponses, protocol.Generate),
	"/v1/responses/input_tokens": post(protocol.OpenAIResponses, protocol.CountTokens),
	"/v1/responses/compact":      post(protocol.OpenAIResponses, protocol.Compact),
	"/v1/responses/*": {
		http.MethodGet:    {protocol: protocol.OpenAIResponses, operation: protocol.Retrieve},
		http.MethodDelete: {protocol: protocol.OpenAIResponses, operation: protocol.Delete},
	},
	"/v1/responses/*/cancel":      post(protocol.OpenAIResponses, protocol.Cancel),
	"/v1/responses/*/input_items": {http.MethodGet: {protocol: protocol.OpenAIResponses, operation: protocol.InputItems}},
	"/v1/conversations":           {http.MethodPost: aboutKept((*keptCall).begin)},
	"/v1/conversations/*": {http.MethodGet: aboutKept((*keptCall).conversation), http.MethodPost: aboutKept((*keptCall).describe),
		http.MethodDelete: aboutKept((*keptCall).end)},
	"/v1/conversations/*/items":   {http.MethodGet: aboutKept((*keptCall).said), http.MethodPost: aboutKept((*keptCall).say)},
	"/v1/conversations/*/items/*": {http.MethodGet: aboutKept((*keptCall).item), http.MethodDelete: aboutKept((*keptCall).unsay)},
	"/v1/completions":             post(protocol.OpenAICompletions, protocol.Complete),
	"/v1/embeddings":              post(protocol.OpenAIEmbeddings, protocol.Embed),
	"/v1/moderations":             {http.MethodPost: {protocol: protocol.OpenAIModerations, operation: protocol.Moderate, usual: "omni-moderation-latest"}},
	"/v1/rerank":                  post(protocol.Rerank, protocol.Rank),
	"/v2/rerank":                  post(protocol.Rerank, protocol.Rank), // Cohere's
	"/v1/images/generations":      post(protocol.OpenAIImages, protocol.Image),
	"/v1/images/edits":            {http.MethodPost: {protocol: protocol.OpenAIImages, operation: protocol.EditImage, form: true}},
	"/v1/images/variations":       {http.MethodPost: {protocol: protocol.OpenAIImages, operation: protocol.VaryImage, form: true, usual: "dall-e-2"}},
	"/v1/audio/speech":            {http.MethodPost: {protocol: protocol.OpenAIAudio, operation: protocol.Speak, raw: true}},
	"/v1/audio/transcriptions":    {http.MethodPost: {protocol: protocol.OpenAIAudio, operation: protocol.Transcribe, form: true}},
	"/v1/audio/translations":      {http.MethodPost: {protocol: protocol.OpenAIAudio, operation: protocol.Translate, form: true}},
	"/v1/files": {
		http.MethodPost: {protocol: protocol.OpenAIFiles, operation: protocol.Create, form: true},
		http.MethodGet:  {protocol: protocol.OpenAIFiles, operation: protocol.List},
	},
	"/v1/files/*": {
		http.MethodGet:    {protocol: protocol.OpenAIFiles, operation: protocol.Retrieve},
		http.MethodDelete: {protocol: protocol.OpenAIFiles, operation: protocol.Delete},
	},
	"/v1/files/*/content": {http.MethodGet: {protocol: protocol.OpenAIFiles, operation: protocol.Content, raw: true}},
	"/v1/batches": {
		http.MethodPost: {protocol: protocol.OpenAIBatches, operation: protocol.Create},
		http.MethodGet:  {protocol: protocol.OpenAIBatches, operation: protocol.List},
	},
	"/v1/batches/*":             {http.MethodGet: {protocol: protocol.OpenAIBatches, operation: protocol.Retrieve}},
	"/v1/batches/*/cancel":      post(protocol.OpenAIBatches, protocol.Cancel),
	"/v1/messages":              post(protocol.Anthropic, protocol.Generate),
	"/v1/messages/count_tokens": post(protocol.Anthropic, protocol.CountTokens),
}

func aboutKept(answer func(*keptCall) ([]byte, error)) endpoint {
	return endpoint{protocol: protocol.OpenAIResponses, kept: answer}
}

// geminiMethods are the words after the colon of /v1beta/models/M:word.
var geminiMethods = map[string]endpoint{
	"generateContent":       {protocol: protocol.Gemini, operation: protocol.Generate},
	"streamGenerateContent": {protocol: protocol.Gemini, operation: protocol.Generate, stream: true},
	"countTokens":           {protocol: protocol.Gemini, operation: protocol.CountTokens},
	"embedContent":          {protocol: protocol.GeminiEmbeddings, operation: protocol.Embed},
	"batchEmbedContents":    {protocol: protocol.GeminiEmbeddings, operation: protocol.EmbedBatch},
}

// findEndpoint reads method and path.
func findEndpoint(r *http.Request) (endpoint, *protocol.Error) {
	ms, at := find(r)
	ep, ok := ms[r.Method]
	switch {
	case ms == nil, filed.Has(ep.protocol) && r.Header.Get("Anthropic-Version") != "": // Anthropic's files are others, at the same path
		return ep, notServed(r)
	case !ok:
		return ep, &protocol.Error{Kind: protocol.NotFound, Status: http.StatusMethodNotAllowed, Param: ms.allow(),
			Message: fmt.Sprintf("%s takes %s, not %s", r.URL.Path, ms.allow(), r.Method)}
	}
	ep.id, ep.item = at.id, at.item
	if ep.protocol == protocol.OpenAIResponses && ep.operation == protocol.Retrieve {
		ep.stream = strings.EqualFold(r.URL.Query().Get("stream"), "true")
	}
	return ep, nil
}

// place is what the client has filled into a path.
type place struct{ id, item string }

// find finds what is at a request's path; nil where there is nothing.
func find(r *http.Request) (methods, place) {
	if ms, ok := resources[r.URL.Path]; ok { // nearly always
		return ms, place{}
	}
	if ms, at := findAt(r, r.URL.Path); ms != nil {
		return ms, at
	}
	return findAt(r, plainPath(r.URL.Path))
}

func findAt(r *http.Request, path string) (methods, place) {
	if ms, ok := resources[path]; ok {
		return ms, place{}
	}
	if ms, at := findGemini(r, path); ms != nil {
		return ms, at
	}
	if name, ok := strings.CutPrefix(path, "/v1/models"); ok && (name == "" || len(name) > 1 && name[0] == '/') {
		return methods{http.MethodGet: modelList(r, name == "")}, place{id: strings.TrimPrefix(name, "/")}
	}
	parts := strings.Split(path, "/")
	var at place
	for i, name := range [...]*string{3: &at.id, 5: &at.item} {
		if name != nil && i < len(parts) && parts[i] != "" {
			*name, parts[i] = parts[i], "*"
		}
	}
	return resources[strings.Join(parts, "/")], at
}

// findGemini reads a path of Gemini's: its version, and the model with the method behind a colon. A method is known at any version.
func findGemini(r *http.Request, path string) (methods, place) {
	version, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || !geminiVersions[version] {
		return nil, place{}
	}
	name, isModel := strings.CutPrefix(rest, "models/")
	if !isModel && rest != "models" && (version == "v1" || strings.Contains(rest, "/models/")) {
		return nil, place{} // what Vercel's AI SDK makes of account/model has no models/, but no more of a path either
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		if ep, ok := geminiMethods[name[i+1:]]; ok {
			ep.model = name[:i]
			ep.array = ep.stream && r.URL.Query().Get("alt") != "sse"
			return methods{http.MethodPost: ep}, place{}
		}
	}
	if version == "v1" && r.Header.Get("X-Goog-Api-Key") == "" || strings.Contains(name, ":") {
		return nil, place{} // the lists of others; a method that is not known
	}
	if rest == "models" {
		name = ""
	} else if !isModel || name == "" {
		return nil, place{}
	}
	return methods{http.MethodGet: {protocol: protocol.Gemini, list: listGemini}}, place{id: name}
}

var geminiVersions = map[string]bool{"v1beta": true, "v1alpha": true, "v1": true}

// modelList is the list of models, or one of them, in the dialect of whoever asks.
func modelList(r *http.Request, all bool) endpoint {
	switch {
	case anthropicCaller(r):
		return endpoint{protocol: protocol.Anthropic, list: listAnthropic}
	case all && r.URL.Query().Has("client_version"):
		return endpoint{protocol: protocol.OpenAIResponses, list: listCodex}
	}
	return endpoint{protocol: protocol.OpenAIChat, list: listOpenAI}
}

// before are the path segments that tools put before a path, since their base URL has a version where they add one, or none, or is made for a
// proxy that has a path for each vendor.
var before = map[string]bool{"v1": true, "v1beta": true, "v1alpha": true, "openai": true, "codex": true, "anthropic": true, "claude": true, "gemini": true}

// mostBefore bounds how many of them are taken off.
const mostBefore = 4

// plainPath is where a path leads that is none of ours as it stands: /chat/completions, /v1/v1/messages, /codex/v1/responses,
// /v1/v1beta/models, and each with a slash behind it.
func plainPath(path string) string {
	path = strings.TrimSuffix(path, "/")
	rest, version := strings.TrimPrefix(path, "/"), "v1"
	for range mostBefore {
		first, more, ok := strings.Cut(rest, "/")
		if !ok || !before[first] {
			break
		}
		rest, version = more, "v1"
		if geminiVersions[first] {
			version = first
		}
	}
	first, _, _ := strings.Cut(rest, "/")
	if version != "v1" && !geminis[first] && !strings.Contains(rest, ":") {
		version = "v1" // a base URL with Gemini's version, of a tool that speaks another's protocol
	}
	return "/" + version + "/" + rest
}

// geminis are what there is below Gemini's versions beside the methods of a model.
var geminis = map[string]bool{"models": true, "files": true, "cachedContents": true}

func notServed(r *http.Request) *protocol.Error {
	for prefix, why := range unserved {
		if strings.HasPrefix(plainPath(r.URL.Path), prefix) {
			return &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Metapi does not serve %s %s: %s", r.Method, r.URL.Path, why)}
		}
	}
	return &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Metapi does not serve %s %s", r.Method, r.URL.Path)}
}

// unserved says of paths that tools are known to try why they lead nowhere, and what to do instead.
var unserved = map[string]string{
	"/v1/videos":             "videos are not served; connect to the vendor itself",
	"/v1/messages/batches":   "Anthropic's batches are not served; send the requests one by one to /v1/messages",
	"/v1beta/files":          "Gemini's files are not served; send what is in them inline",
	"/upload/v1beta/files":   "Gemini's files are not served; send what is in them inline",
	"/v1beta/cachedContents": "cached contents are kept by one account, and are made there",
	"/v1/realtime":           "realtime sessions are no requests that could be sent to one account or another; connect to the vendor itself, or use /v1/audio and /v1/responses",
}

// upgrades reports whether a request wants to become a WebSocket, which nothing here does. Other upgrades are offers, that a server is free to
// leave alone.
func upgrades(r *http.Request) bool {
	offered := r.Header["Upgrade"]
	return offered != nil && slices.ContainsFunc(offered, func(v string) bool { return strings.EqualFold(v, "websocket") })
}

// noSocket refuses a WebSocket such that tools which try one first go on by plain requests: after 426 Codex does so at once, after a 404 only when it
// has tried seven times.
func noSocket(r *http.Request) *protocol.Error {
	what := "send each request with POST"
	if strings.HasSuffix(plainPath(r.URL.Path), "/responses") {
		what = "send requests with POST to /v1/responses (Codex: supports_websockets = false in the provider's table)"
	} else if e := notServed(r); strings.Contains(e.Message, ": ") {
		_, what, _ = strings.Cut(e.Message, ": ")
	}
	return &protocol.Error{Kind: protocol.Unsupported, Status: http.StatusUpgradeRequired, Message: "Metapi opens no WebSocket connections: " + what}
}

func anthropicCaller(r *http.Request) bool {
	return r.Header.Get("Anthropic-Version") != "" || r.Header.Get("X-Api-Key") != ""
}

// dialectOf guesses how a caller of an unknown path wants its errors.
func dialectOf(r *http.Request) protocol.Dialect {
	switch path := plainPath(r.URL.Path); {
	case strings.HasPrefix(r.URL.Path, "/v1beta/"), strings.HasPrefix(path, "/v1beta/"), strings.HasPrefix(r.URL.Path, "/upload/v1beta/"), strings.Contains(path, "google.ai.generativelanguage"):
		return dialects.Of(protocol.Gemini)
	case strings.HasPrefix(path, "/v1/messages"), anthropicCaller(r):
		return dialects.Of(protocol.Anthropic)
	case strings.HasPrefix(path, "/v1/responses"), strings.HasPrefix(path, "/v1/conversations"):
		return dialects.Of(protocol.OpenAIResponses)
	}
	return dialects.Of(protocol.OpenAIChat)
}
