package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

var update = flag.Bool("update", false, "write testdata/table.txt anew")

// trial is one case at one vendor.
type trial struct {
	*testing.T
	p  *provider.Provider
	as *imitation.Compatible
}

// kase is a column of the table. na tells why a vendor has nothing that it could ask for.
type kase struct {
	name string
	na   func(as *imitation.Compatible) string
	try  func(t *trial)
}

func always(*imitation.Compatible) string { return "" }

var cases = []kase{
	{"models", func(as *imitation.Compatible) string {
		if as.ListAt == "none" {
			return "it lists no models: they stand in its definition"
		}
		return ""
	}, (*trial).models},
	{"models, bad key", func(as *imitation.Compatible) string {
		switch {
		case as.ListAt == "none":
			return "it lists no models"
		case as.ListOpen:
			return "anyone may read its list, with a bad key too"
		}
		return untold(as, imitation.BadKey)
	}, (*trial).modelsBadKey},
	{"text", always, func(t *trial) { t.text(false) }},
	{"stream", always, func(t *trial) { t.text(true) }},
	{"settings", always, (*trial).settings},
	{"tools", toolless, func(t *trial) { t.tools(false) }},
	{"tools, stream", toolless, func(t *trial) { t.tools(true) }},
	{"reasoning", thoughtless, func(t *trial) { t.reasoning(false) }},
	{"reasoning, stream", thoughtless, func(t *trial) { t.reasoning(true) }},
	{"schema", always, (*trial).schema},
	{"image", func(as *imitation.Compatible) string {
		if as.TextOnly {
			return "it takes no pictures"
		}
		return ""
	}, (*trial).image},
	{"usage", always, func(t *trial) { t.usage(false) }},
	{"usage, stream", always, func(t *trial) { t.usage(true) }},
	{"parameters", always, (*trial).parameters},
	trouble(imitation.BadKey, protocol.KeyRefused),
	trouble(imitation.NoMoney, protocol.OutOfMoney),
	trouble(imitation.TooFast, protocol.RateLimited),
	trouble(imitation.NoModel, protocol.ModelNotFound),
	trouble(imitation.TooLong, protocol.ContextTooLong),
	trouble(imitation.Busy, protocol.Overloaded),
	{string(imitation.BreaksOff), always, (*trial).breaksOff},
}

// unsourced is why a cell is empty though the vendor has what it is about.
const unsourced = "no source tells in what words"

func toolless(as *imitation.Compatible) string {
	if as.Toolless {
		return "it takes no tools"
	}
	return ""
}

func thoughtless(as *imitation.Compatible) string {
	if as.Thinks == imitation.ThinksNot {
		return "it shows no reasoning in this protocol"
	}
	return ""
}

func untold(as *imitation.Compatible, what imitation.Trouble) string {
	_, told := as.Says[what]
	switch {
	case told:
		return ""
	case as.Keyless && what != imitation.NoModel && what != imitation.TooLong && what != imitation.Busy:
		return "a server of one's own has no keys, bills and limits"
	case as.Bare(what):
		return ""
	}
	return unsourced
}

func trouble(what imitation.Trouble, kind protocol.Kind) kase {
	return kase{string(what), func(as *imitation.Compatible) string { return untold(as, what) }, func(t *trial) { t.refused(what, kind) }}
}

// elsewhere are the providers that have imitations of their own, and suites that run against those.
var elsewhere = map[string]string{
	"openai": "build/sdk", "anthropic": "build/sdk", "gemini": "build/sdk",
	"openai-compatible": "backend/gateway", "anthropic-compatible": "backend/gateway", "gemini-compatible": "backend/gateway",
}

// TestVendors runs every provider that has an imitation through the real gateway.
func TestVendors(t *testing.T) {
	tab := &table{cells: map[string]map[string]string{}}
	t.Run("", func(t *testing.T) {
		for _, p := range provider.All() {
			as, imitated := imitation.FindCompatible(p.ID)
			if !imitated {
				continue
			}
			t.Run(p.ID, func(t *testing.T) {
				t.Parallel()
				for _, k := range cases {
					if why := k.na(as); why != "" {
						tab.set(p.ID, k.name, map[bool]string{true: "? ", false: "- "}[why == unsourced]+why)
						continue
					}
					cell := "FAIL"
					if t.Run(k.name, func(t *testing.T) { k.try(&trial{T: t, p: p, as: as}) }) {
						cell = "ok"
						if as.Bare(imitation.Trouble(k.name)) {
							cell = "(ok)"
						}
					}
					tab.set(p.ID, k.name, cell)
				}
			})
		}
	})
	got := tab.String()
	t.Log("\n" + got)
	if flag.Lookup("test.run").Value.String() != "" { // some cases alone make no table
		return
	}
	file := filepath.Join("testdata", "table.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := os.ReadFile(file)
	if string(want) != got {
		t.Errorf("testdata/table.txt is not this table: go test ./build/conformance -update")
	}
	if n := tab.proven(); n < 25 {
		t.Errorf("only %d vendors are proven", n)
	}
}

// table is what came of each case at each vendor.
type table struct {
	mu    sync.Mutex
	cells map[string]map[string]string
}

func (t *table) set(vendor, name, cell string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cells[vendor] == nil {
		t.cells[vendor] = map[string]string{}
	}
	t.cells[vendor][name] = cell
}

// mostUnsourced is how many cells of a proven vendor may be empty for want of a source.
const mostUnsourced = 2

// proven counts the vendors without a failing cell.
func (t *table) proven() (n int) {
	for _, row := range t.cells {
		bad, open := 0, 0
		for _, cell := range row {
			switch cell[0] {
			case 'F':
				bad++
			case '?':
				open++
			}
		}
		if bad == 0 && open <= mostUnsourced {
			n++
		}
	}
	return n
}

func (t *table) String() string {
	var b strings.Builder
	var open, notes []string
	for i, k := range cases {
		fmt.Fprintf(&b, "%2d %s\n", i+1, k.name)
	}
	fmt.Fprintf(&b, "\n%-15s", "")
	for i := range cases {
		fmt.Fprintf(&b, " %4d", i+1)
	}
	b.WriteString("\n")
	for _, p := range provider.All() {
		row := t.cells[p.ID]
		if row == nil {
			if elsewhere[p.ID] == "" {
				open = append(open, p.ID)
			}
			continue
		}
		fmt.Fprintf(&b, "%-15s", p.ID)
		why := map[string][]string{}
		for i, k := range cases {
			cell, reason, _ := strings.Cut(row[k.name], " ")
			fmt.Fprintf(&b, " %4s", cell)
			if reason != "" {
				why[reason] = append(why[reason], fmt.Sprint(i+1))
			}
		}
		b.WriteString("\n")
		for reason, where := range why {
			notes = append(notes, fmt.Sprintf("%s %s: %s", p.ID, strings.Join(where, ", "), reason))
		}
	}
	slices.Sort(notes)
	fmt.Fprintf(&b, "\n%d vendors proven\n\n(ok): no source tells the words, so that the vendor tells it by the status alone\n?: no source tells the words, and no status would\n\n", t.proven())
	for _, n := range notes {
		b.WriteString(n + "\n")
	}
	if len(open) > 0 {
		fmt.Fprintf(&b, "\nnot yet proven: %s\n", strings.Join(open, ", "))
	}
	return b.String()
}

// way is a client, and what it is served through.
type way struct {
	client client
	*world
	v    *imitation.Vendor // who answers
	lane string
}

func (w way) String() string { return w.client.name + " (" + w.lane + ")" }

// listed is what the vendor offers, by the real discovery.
func (t *trial) listed(v *imitation.Relative) []provider.Listed {
	t.Helper()
	l := listing(t.p, v, v.Key)
	if l.Outcome != provider.OutcomeOK {
		t.Fatalf("models: %s, %v", l.Outcome, l.Err)
	}
	return l.Models
}

// start starts the vendor.
func (t *trial) start() *imitation.Relative {
	return imitation.Like(t.T, t.as, imitation.WithForbidden(localKey))
}

// ways are all clients before the vendor's chat completions, and those of the further protocols that it speaks before those.
func (t *trial) ways(v *imitation.Relative) []way {
	t.Helper()
	models := t.listed(v)
	chat := newWorld(t.T, t.p, v, v.Key, models, protocol.SetOf(protocol.OpenAIChat))
	var all []way
	for _, c := range clients {
		lane := "B"
		if c.proto == protocol.OpenAIChat {
			lane = "A"
		}
		all = append(all, way{c, chat, v.Vendor, lane})
	}
	own := protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic)
	for _, c := range []client{responsesClient, messagesClient} {
		speaks := t.as.Answers
		to := v.Vendor
		if c.proto == protocol.Anthropic {
			speaks, to = v.Messages != nil, v.Messages
		}
		if speaks {
			all = append(all, way{c, newWorld(t.T, t.p, v, v.Key, models, own), to, "A"})
		}
	}
	return all
}

// good checks that an answer is whole and says this.
func (t *trial) good(w way, h heard, said string) bool {
	t.Helper()
	if h.status != 200 || !h.whole || len(h.errs) > 0 || !strings.Contains(h.text, said) {
		t.Errorf("%v: want %q, got %v\nthe vendor saw %s", w, said, h, lastBody(w.v))
		return false
	}
	return true
}

func lastBody(v *imitation.Vendor) string {
	calls := v.Calls()
	if len(calls) == 0 {
		return "nothing"
	}
	return string(calls[len(calls)-1].Body)
}

const said = "It is about 17 °C — 你好 👩🏽‍💻."

func (t *trial) models() {
	v := t.start()
	l := listing(t.p, v, v.Key)
	want := append([]string{t.as.Model}, t.as.More...)
	slices.Sort(want)
	// What else a vendor lists (pictures, sound, re-ranking) must be told from what can be talked to.
	l.Models = slices.DeleteFunc(l.Models, func(m provider.Listed) bool { return m.Protocols&codecs.Spoken == 0 })
	if l.Outcome != provider.OutcomeOK || !slices.Equal(names(l), want) {
		t.Errorf("%s, %v: got %q, want %q; skipped %v", l.Outcome, l.Err, names(l), want, l.Skipped)
	}
}

func (t *trial) modelsBadKey() {
	v := t.start()
	v.Meet(imitation.BadKey, imitation.OpModels)
	if l := listing(t.p, v, v.Key); l.Outcome != provider.OutcomeUnauthorised {
		t.Errorf("%s: %v", l.Outcome, l.Err)
	}
}

func (t *trial) text(stream bool) {
	v := t.start()
	for _, w := range t.ways(v) {
		w.v.Script(imitation.Text(said))
		h := w.send(w.client, ask{model: t.as.Model, stream: stream, question: "How warm is it?"})
		if t.good(w, h, said) && h.text != said {
			t.Errorf("%v: said %q", w, h.text)
		}
	}
}

func (t *trial) settings() {
	v := t.start()
	for _, w := range t.ways(v) {
		w.v.Script(imitation.Text(said))
		h := w.send(w.client, ask{model: t.as.Model, system: "Answer in verse.", question: "How warm is it?", temperature: 0.5, limit: 1234})
		if !t.good(w, h, said) {
			continue
		}
		body := lastBody(w.v)
		refuses := slices.ContainsFunc(t.as.Refuses, func(r imitation.Refusal) bool { return r.Name == "temperature" })
		if !strings.Contains(body, "Answer in verse.") || !strings.Contains(body, ":1234") || w.v == v.Vendor && strings.Contains(body, `"temperature":0.5`) == refuses {
			t.Errorf("%v: the vendor saw %s", w, body)
		}
	}
}

// thoughts is what a vendor's model thinks before it calls.
func (t *trial) thoughts(w way) string {
	if w.v.Kind == imitation.OpenAI && (t.as.Thinks == imitation.ThinksNot || w.client.proto == protocol.OpenAIResponses && w.lane == "A") {
		return ""
	}
	return "Both are needed, first one."
}

func (t *trial) tools(stream bool) {
	v := t.start()
	for _, w := range t.ways(v) {
		args := []string{`{"city":"Zürich"}`, `{"city":"São Paulo"}`}
		w.v.Script(imitation.Reply{Thinking: t.thoughts(w), Calls: []imitation.Call{{Name: toolNames[0], Arguments: args[0]}, {Name: toolNames[1], Arguments: args[1]}}}, imitation.Text(said))
		a := ask{model: t.as.Model, stream: stream, question: "How warm is it, and how late?", tools: true}
		h := w.send(w.client, a)
		if !t.good(w, h, "") || len(h.calls) != 2 {
			t.Errorf("%v: calls %+v\n%s", w, h.calls, h.body)
			continue
		}
		for i, k := range h.calls {
			if k.name != toolNames[i] || !same(k.args, args[i]) || k.id == "" {
				t.Errorf("%v: call %+v", w, k)
			}
		}
		finish := map[protocol.Protocol]string{protocol.OpenAIChat: "tool_calls", protocol.Anthropic: "tool_use", protocol.OpenAIResponses: "completed", protocol.Gemini: "STOP"}[w.client.proto]
		if h.finish != finish {
			t.Errorf("%v: finish %q, want %q", w, h.finish, finish)
		}
		a.after = []exchange{{h, []string{"17 degrees there", "noon there"}}}
		h = w.send(w.client, a)
		body := lastBody(w.v)
		if t.good(w, h, said) && (!strings.Contains(body, "17 degrees there") || !strings.Contains(body, "noon there") || strings.Count(body, `"`+toolNames[0]+`"`) < 2) {
			t.Errorf("%v: the vendor saw %s", w, body)
		}
	}
}

func same(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

func (t *trial) reasoning(stream bool) {
	v := t.start()
	for _, w := range t.ways(v) {
		thought := t.thoughts(w)
		if thought == "" {
			continue
		}
		w.v.Script(imitation.Reply{Thinking: thought, Text: said})
		h := w.send(w.client, ask{model: t.as.Model, stream: stream, question: "How warm is it?", think: true})
		if !t.good(w, h, said) {
			continue
		}
		if heard := h.thinking; heard != thought && !(w.lane == "A" && t.as.Thinks == imitation.ThinksInText && strings.Contains(h.text, thought)) {
			t.Errorf("%v: heard the thought %q\n%s", w, heard, h.body)
		}
		if t.as.Toolless {
			continue
		}
		w.v.Script(imitation.Reply{Thinking: thought, Calls: []imitation.Call{{Name: toolNames[0], Arguments: `{"city":"Bern"}`}}}, imitation.Reply{Thinking: thought, Text: said})
		a := ask{model: t.as.Model, stream: stream, question: "And in Bern?", think: true, tools: true}
		h = w.send(w.client, a)
		if !t.good(w, h, "") || len(h.calls) != 1 {
			t.Errorf("%v: calls %+v", w, h.calls)
			continue
		}
		a.after = []exchange{{h, []string{"9 degrees"}}}
		sendsBack := w.client.proto != protocol.Gemini && t.as.Thinks == imitation.ThinksInDetails // clients of Gemini keep no thoughts
		if h = w.send(w.client, a); t.good(w, h, said) && (sendsBack || refusesUnthought(t.as)) && w.lane == "B" && !strings.Contains(lastBody(w.v), thought) {
			t.Errorf("%v: the thought did not come back: %s", w, lastBody(w.v))
		}
	}
}

func refusesUnthought(as *imitation.Compatible) bool {
	return slices.ContainsFunc(as.Refuses, func(r imitation.Refusal) bool { return strings.HasPrefix(r.Name, "calls without") })
}

func (t *trial) schema() {
	v := t.start()
	for _, w := range t.ways(v) {
		w.v.Script(imitation.Text(`{"answer":"yes"}`))
		h := w.send(w.client, ask{model: t.as.Model, question: "Is it warm? Answer in JSON.", schema: true})
		if t.good(w, h, "") && (!same(h.text, `{"answer":"yes"}`) || !strings.Contains(lastBody(w.v), `additionalProperties`)) {
			t.Errorf("%v: %v\nthe vendor saw %s", w, h, lastBody(w.v))
		}
	}
}

func (t *trial) image() {
	v := t.start()
	for _, w := range t.ways(v) {
		w.v.Script(imitation.Text(said))
		h := w.send(w.client, ask{model: t.as.Model, question: "What is this?", image: true})
		if t.good(w, h, said) && !strings.Contains(lastBody(w.v), picture) {
			t.Errorf("%v: the vendor saw %s", w, lastBody(w.v))
		}
	}
}

func (t *trial) usage(stream bool) {
	v := t.start()
	for _, w := range t.ways(v) {
		w.v.Script(imitation.Reply{Text: said, Usage: &imitation.Usage{Input: 120, Cached: 40, Output: 30, Reasoning: 12}})
		n := w.count()
		h := w.send(w.client, ask{model: t.as.Model, stream: stream, question: "How warm is it?"})
		if !t.good(w, h, said) {
			continue
		}
		want := protocol.Usage{Input: 80, CacheRead: 40, Output: 30, Reasoning: 12}
		if w.v == v.Vendor && !(w.client.proto == protocol.OpenAIResponses && w.lane == "A") {
			if t.as.Uncached {
				want.Input, want.CacheRead = 120, 0
			}
			if t.as.Unreasoned {
				want.Reasoning = 0
			}
		}
		r := w.record(t.T, n+1)
		r.Usage.Split = false // whether it tells of sound and pictures at all
		if r.Usage != want || r.State != routing.OK {
			t.Errorf("%v: booked %+v, want %+v\n%s", w, r.Usage, want, h.body)
		}
	}
}

// telling are parameters without which an answer is another: where a vendor has no such thing, the client is told.
var telling = []string{"logprobs", "logit_bias", "n"}

// rich is what clients of other protocols say beside the question, none of which may stand in the way of the answer.
var rich = map[protocol.Protocol]object{
	protocol.Anthropic:       {"top_k": 5, "metadata": object{"user_id": "u1"}, "stop_sequences": []any{"END"}, "service_tier": "auto"},
	protocol.OpenAIResponses: {"metadata": object{"a": "b"}, "prompt_cache_key": "k", "safety_identifier": "s", "service_tier": "auto", "truncation": "auto", "top_p": 0.9, "text": object{"verbosity": "low"}},
	protocol.Gemini: {"generationConfig": object{"seed": 7, "topK": 5, "topP": 0.9, "stopSequences": []any{"END"}, "candidateCount": 1,
		"frequencyPenalty": 0.1, "presencePenalty": 0.1}},
}

func (t *trial) parameters() {
	v := t.start()
	for _, w := range t.ways(v) {
		if w.lane == "B" {
			w.v.Script(imitation.Text(said))
			n := w.count()
			h := w.send(w.client, ask{model: t.as.Model, question: "How warm is it?", more: rich[w.client.proto]})
			if t.good(w, h, said) && !byModel(t.as) && len(w.record(t.T, n+1).Attempts) > 1 {
				t.Errorf("%v: the vendor had to refuse before it was asked as it wants: %s", w, w.record(t.T, n+1).Attempts[0].Error)
			}
			continue
		}
		for _, r := range t.as.Refuses {
			if w.client.proto != protocol.OpenAIChat || r.Example == "" {
				continue
			}
			var more object
			if err := json.Unmarshal([]byte(r.Example), &more); err != nil {
				t.Fatal(err)
			}
			v.Reset()
			v.Script(imitation.Text(said))
			h := w.send(w.client, ask{model: t.as.Model, question: "How warm is it?", more: more})
			if slices.Contains(telling, r.Name) {
				if h.status != 400 || len(h.errs) == 0 || !strings.Contains(h.body, r.Name) {
					t.Errorf("%s: the client is not told: %v", r.Name, h)
				}
				continue
			}
			if h.status != 200 || h.text != said {
				t.Errorf("%s: %v\nthe vendor saw %s", r.Name, h, lastBody(v.Vendor))
			}
		}
	}
}

// byModel reports whether only some of a vendor's models refuse something: that has to be found out.
func byModel(as *imitation.Compatible) bool {
	return slices.ContainsFunc(as.Refuses, func(r imitation.Refusal) bool { return r.ByModel })
}

// refused meets a trouble with a client of each lane.
func (t *trial) refused(what imitation.Trouble, kind protocol.Kind) {
	v := t.start()
	models := append(t.listed(v), provider.Listed{Name: "gone-model", Protocols: protocol.SetOf(protocol.OpenAIChat)})
	for _, c := range []client{chatClient, messagesClient} {
		w := newWorld(t.T, t.p, v, v.Key, models, protocol.SetOf(protocol.OpenAIChat))
		a := ask{model: t.as.Model, question: "How warm is it?"}
		if what == imitation.NoModel {
			a.model = "gone-model"
		} else {
			v.Meet(what, imitation.OpChat)
		}
		h := w.send(c, a)
		r := w.record(t.T, 1)
		if len(r.Attempts) == 0 {
			t.Errorf("%s: nobody was asked: %v", c.name, h)
			continue
		}
		if got := r.Attempts[0]; got.Kind != kind || h.status == 200 || len(h.errs) == 0 {
			t.Errorf("%s: %s (%s), want %s; the client got %v", c.name, got.Kind, got.Error, kind, h)
		}
		if wait := t.as.Says[what].Wait; wait > 0 {
			var told int
			_, _ = fmt.Sscan(h.header.Get("Retry-After"), &told)
			if told < wait-1 || told > wait+1 {
				t.Errorf("%s: Retry-After %q, where the vendor says %d s", c.name, h.header.Get("Retry-After"), wait)
			}
		}
		if strings.Contains(h.body, v.Key) && v.Key != "" {
			t.Errorf("%s: the key is told: %s", c.name, h.body)
		}
	}
}

func (t *trial) breaksOff() {
	v := t.start()
	for _, c := range clients {
		w := newWorld(t.T, t.p, v, v.Key, t.listed(v), protocol.SetOf(protocol.OpenAIChat))
		v.Script(imitation.Text(said))
		v.Meet(imitation.BreaksOff, imitation.OpChat)
		h := w.send(c, ask{model: t.as.Model, stream: true, question: "How warm is it?"})
		r := w.record(t.T, 1)
		told := len(h.errs) > 0 || c.proto == protocol.OpenAIChat && !slices.Contains([]string{"", "stop"}, h.finish) // in the vendor's own way
		if !told || h.whole || r.State != routing.Failed {
			t.Errorf("%s: a broken answer looks like a whole one: %v; record %s", c.name, h, r.State)
		}
	}
}

// The README tells how many vendors are proven.
func TestReadmeTellsTheCount(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join("testdata", "table.txt"))
	if err != nil {
		t.Fatal(err)
	}
	count := regexp.MustCompile(`\n(\d+) vendors proven\n`).FindSubmatch(table)
	if count == nil || !strings.Contains(string(readme), "["+string(count[1])+" of them](build/conformance/testdata/table.txt)") {
		t.Errorf("README.md does not tell the count of build/conformance/testdata/table.txt, %q", count)
	}
}
