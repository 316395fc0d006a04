package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
)

// A list shows the models that can be asked for in the dialect of the asker, by the names that resolve.

// offered is one line of a model list.
type offered struct {
	name string
	d    *routing.Deployment
}

// offeredIn lists what can be reached over any of ps, by name.
func offeredIn(snap *snapshot.Snapshot, ps protocol.Set) []offered {
	var list []offered
	names := append(snap.Names.Names(), snap.Rules.Names()...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if d := firstOf(snap, name, ps); d != nil {
			list = append(list, offered{name, d})
		}
	}
	return list
}

// firstOf is the first deployment in the user's order that serves name over one of ps, translated where need be.
func firstOf(snap *snapshot.Snapshot, name string, ps protocol.Set) *routing.Deployment {
	if ps&codecs.Spoken != 0 { // lane B reaches the others
		ps |= codecs.Spoken
	}
	refs, virtual := snap.Rules.Refs(name)
	if !virtual {
		found, err := snap.Names.Resolve(name)
		if err != nil {
			return nil
		}
		refs = found.Refs
	}
	var best *routing.Deployment
	for _, i := range refs {
		if d := &snap.Deployments[i]; d.Protocols&ps != 0 && d.Account.Blocked == "" && (best == nil || d.Order < best.Order) {
			best = d
		}
	}
	return best
}

var (
	openAISet = protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses, protocol.OpenAICompletions, protocol.OpenAIEmbeddings, protocol.OpenAIImages,
		protocol.OpenAIAudio, protocol.OpenAIModerations, protocol.Rerank)
	anthropicSet = protocol.SetOf(protocol.Anthropic)
	geminiSet    = protocol.SetOf(protocol.Gemini, protocol.GeminiEmbeddings)
)

// one answers a single-model GET, whatever the dialect.
func one(w http.ResponseWriter, ep endpoint, snap *snapshot.Snapshot, ps protocol.Set, show func(offered) any) {
	if d := firstOf(snap, ep.id, ps); d != nil {
		answer(w, show(offered{ep.id, d}))
		return
	}
	refuse(w, ep.dialect(), &protocol.Error{Kind: protocol.ModelNotFound, Param: "model", Code: "model_not_found",
		Message: fmt.Sprintf("no account offers the model %q over this protocol", ep.id)})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) // an error is the client's going away
}

// created is when the model was made; the epoch where the account does not say, as Anthropic itself gives it out.
func created(m offered) time.Time {
	if m.d.Created.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return m.d.Created.UTC().Truncate(time.Second)
}

type openAIModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func showOpenAI(m offered) any {
	return openAIModel{m.name, "model", created(m).Unix(), m.d.Account.Provider}
}

func listOpenAI(w http.ResponseWriter, r *http.Request, ep endpoint, snap *snapshot.Snapshot) {
	if ep.id != "" {
		one(w, ep, snap, openAISet, showOpenAI)
		return
	}
	data := []any{}
	for _, m := range offeredIn(snap, openAISet) {
		data = append(data, showOpenAI(m))
	}
	answer(w, map[string]any{"object": "list", "data": data})
}

type anthropicModel struct {
	Type        string    `json:"type"`
	ID          string    `json:"id"`
	DisplayName string    `json:"display_name"`
	CreatedAt   time.Time `json:"created_at"`
}

func showAnthropic(m offered) any {
	return anthropicModel{"model", m.name, m.d.Display, created(m)}
}

// listAnthropic pages as docs.anthropic.com/en/api/models-list says: limit (20, at most 1,000), after_id, before_id.
func listAnthropic(w http.ResponseWriter, r *http.Request, ep endpoint, snap *snapshot.Snapshot) {
	if ep.id != "" {
		one(w, ep, snap, anthropicSet, showAnthropic)
		return
	}
	all := offeredIn(snap, anthropicSet)
	q := r.URL.Query()
	limit, e := pageSize(q.Get("limit"), "limit", 20)
	if e != nil {
		refuse(w, ep.dialect(), e)
		return
	}
	at := func(id string) int { return slices.IndexFunc(all, func(m offered) bool { return m.name == id }) }
	var from, to int
	var more bool
	if id := q.Get("before_id"); id != "" {
		to = max(at(id), 0)
		from = max(to-limit, 0)
		more = from > 0
	} else {
		if id := q.Get("after_id"); id != "" {
			if from = at(id) + 1; from == 0 {
				from = len(all) // a model that is no longer there: better an end than the beginning again
			}
		}
		to = min(from+limit, len(all))
		more = to < len(all)
	}
	page := struct {
		Data    []any   `json:"data"`
		HasMore bool    `json:"has_more"`
		FirstID *string `json:"first_id"`
		LastID  *string `json:"last_id"`
	}{Data: []any{}, HasMore: more}
	for i := from; i < to; i++ {
		page.Data = append(page.Data, showAnthropic(all[i]))
	}
	if from < to {
		page.FirstID, page.LastID = &all[from].name, &all[to-1].name
	}
	answer(w, page)
}

type geminiModel struct {
	Name                       string   `json:"name"`
	BaseModelID                string   `json:"baseModelId,omitempty"`
	Version                    string   `json:"version"`
	DisplayName                string   `json:"displayName"`
	InputTokenLimit            int64    `json:"inputTokenLimit,omitempty"`
	OutputTokenLimit           int64    `json:"outputTokenLimit,omitempty"`
	SupportedGenerationMethods []string `json:"supportedGenerationMethods"`
}

func showGemini(m offered) any {
	methods := []string{}
	if m.d.Protocols&codecs.Spoken != 0 {
		methods = append(methods, "generateContent", "countTokens")
	}
	if m.d.Protocols.Has(protocol.GeminiEmbeddings) {
		methods = append(methods, "embedContent", "batchEmbedContents")
	}
	return geminiModel{Name: "models/" + m.name, BaseModelID: m.d.Model, Version: "001", DisplayName: m.d.Display,
		InputTokenLimit: m.d.Context, OutputTokenLimit: m.d.MaxOutput, SupportedGenerationMethods: methods}
}

// listGemini pages as ai.google.dev/api/models says: pageSize (50, at most 1,000) and pageToken, here an offset.
func listGemini(w http.ResponseWriter, r *http.Request, ep endpoint, snap *snapshot.Snapshot) {
	if ep.id != "" {
		one(w, ep, snap, geminiSet, showGemini)
		return
	}
	all := offeredIn(snap, geminiSet)
	q := r.URL.Query()
	size, e := pageSize(q.Get("pageSize"), "pageSize", 50)
	from := 0
	if token := q.Get("pageToken"); token != "" && e == nil {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			e = &protocol.Error{Kind: protocol.BadRequest, Param: "pageToken", Message: "pageToken is not one that a list has given"}
		}
	}
	if e != nil {
		refuse(w, ep.dialect(), e)
		return
	}
	page := struct {
		Models []any  `json:"models"`
		Next   string `json:"nextPageToken,omitempty"`
	}{Models: []any{}}
	to := min(from+size, len(all))
	for _, m := range all[from:to] {
		page.Models = append(page.Models, showGemini(m))
	}
	if to < len(all) {
		page.Next = strconv.Itoa(to)
	}
	answer(w, page)
}

func pageSize(s, name string, standard int) (int, *protocol.Error) {
	if s == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 || n > 1000 {
		return 0, &protocol.Error{Kind: protocol.BadRequest, Param: name, Message: name + " must be a number from 1 to 1000"}
	}
	return n, nil
}
