package imitation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Compatible is a vendor that speaks OpenAI's chat completions in a manner of its own, as data. Each is written from what the vendor publishes,
// and from its answers as they stand in the issue trackers of its clients: Sources. What no source tells is left out.
type Compatible struct {
	ID      string   // its word in Metapi's list of providers
	Sources []string // where its manners are described

	Base    string // the path of its base URL
	Header  string // in which the key is sent as it is; "" is Authorization: Bearer
	Keyless bool   // wants no key

	Model    string   // what it sells
	More     []string // further models in its list
	ListAt   string   // where models are listed; "" is below the base, "none" is nowhere
	ListOpen bool     // anyone may read the list
	List     func(models []string) any
	Classic  string // what stands before DEPLOYMENT/chat/completions on an older surface that wants an api-version; "" has none
	Answers  bool   // speaks OpenAI's Responses too
	Messages string // what stands before /v1/messages, where it speaks Anthropic's protocol too; "/" is nothing

	Takes   []string // parameters of its own
	Only    []string // if any: all parameters that it takes; others are refused by Extra
	Extra   Answer
	Refuses []Refusal

	Thinks     Thinks // how it shows what it has thought
	TextOnly   bool   // takes no pictures
	Toolless   bool   // takes no tools
	WholeCalls bool   // a stream has each call in one piece
	NoIndex    bool   // ... without its index
	NineIDs    bool   // calls' ids are of nine letters and digits
	RoleInEach bool   // each chunk of a stream names the role
	Comment    string // a line that a stream begins with
	Prologue   string // a chunk that a stream begins with
	Stop       string // its word for an answer that has come to its end; "" is OpenAI's
	UsageIn    UsageIn
	Usage      func(u Usage) obj
	Uncached   bool // its usage tells of no cache
	Unreasoned bool // its usage tells of no reasoning
	Beside     obj  // further members of a whole answer, and of the last chunk

	Says map[Trouble]Answer
}

// Thinks is how a vendor shows what its model has thought.
type Thinks string

// The ways.
const (
	ThinksNot         Thinks = ""
	ThinksInContent   Thinks = "reasoning_content"
	ThinksInReasoning Thinks = "reasoning"
	ThinksInDetails   Thinks = "reasoning_details"
	ThinksInText      Thinks = "<think> in the text"
	ThinksInBlocks    Thinks = "parts of the content"
)

// UsageIn is where a stream tells its usage.
type UsageIn string

// The places.
const (
	UsageIfAsked  UsageIn = ""                // in a chunk of its own, if stream_options.include_usage asks for it
	UsageAlways   UsageIn = "own"             // in a chunk of its own, in any case
	UsageLast     UsageIn = "last"            // in the chunk that has the finish reason
	UsageEach     UsageIn = "each"            // in every chunk
	UsageXGroq    UsageIn = "x_groq"          // in x_groq of the chunk that has the finish reason
	UsageInChoice UsageIn = "choices[].usage" // in the choice that has the finish reason
)

// Trouble is what may be wrong with an account, a request or the vendor.
type Trouble string

// The troubles.
const (
	BadKey    Trouble = "bad key"
	NoMoney   Trouble = "out of money"
	TooFast   Trouble = "rate limit"
	NoModel   Trouble = "unknown model"
	TooLong   Trouble = "too long context"
	Busy      Trouble = "overloaded"
	BreaksOff Trouble = "error in a stream" // an event
	Wrong     Trouble = "bad request"       // anything else; {message} is why
)

// Answer is a refusal in a vendor's own words. In the body, {model}, {key}, {what} and {message} stand for what it is about.
type Answer struct {
	Status int
	Body   string
	Header map[string]string
	Wait   int // seconds after which to come back, in whatever form it says so
}

// Refusal is something that a vendor does not take.
type Refusal struct {
	Name    string                             // what it is, for people; a parameter by its own name
	Finds   func(body map[string]any) []string // where in a body it is; the first is told as {what}
	Says    Answer
	ByModel bool   // only some of its models refuse it
	Example string // a JSON object that is laid over a request, which is refused then; "" where no client of this protocol would say so
}

// FindCompatible returns the imitated vendor of an id.
func FindCompatible(id string) (*Compatible, bool) {
	i := slices.IndexFunc(compatibles, func(c Compatible) bool { return c.ID == id })
	if i < 0 {
		return nil, false
	}
	return &compatibles[i], true
}

// compatibles are all imitated vendors that speak OpenAI's format in a manner of their own.
var compatibles = slices.Concat(sellers, hosts, makers, locals)

// Relative is a running imitation of a compatible vendor: a Vendor that speaks OpenAI's protocols as that one does.
type Relative struct {
	*Vendor
	As       *Compatible
	Messages *Vendor // the same one where it speaks Anthropic's protocol; nil: nowhere
}

// Like starts an imitation of a compatible vendor, whose base URL has the vendor's own path.
func Like(t TB, as *Compatible, opts ...Option) *Relative {
	t.Helper()
	key := "sk-of-" + as.ID + "-0123456789abcdef0123456789"
	opts = append(opts, WithKey(key), WithModels(append([]string{as.Model}, as.More...)...), WithoutStore())
	v, err := build(OpenAI, append(opts, func(c *config) { c.as = as })...)
	if err != nil {
		t.Fatalf("imitation of %s: %v", as.ID, err)
		return nil
	}
	r := &Relative{Vendor: v, As: as}
	if as.Messages != "" {
		r.Messages, err = build(Anthropic, append(opts, func(c *config) { c.bothForms, c.keyless = true, as.Keyless })...)
		if err != nil {
			t.Fatalf("imitation of %s: %v", as.ID, err)
			return nil
		}
	}
	v.front = r.route
	if err := v.listen("127.0.0.1:0"); err != nil {
		t.Fatalf("imitation of %s: %v", as.ID, err)
		return nil
	}
	v.BaseURL = v.URL + as.Base
	if as.Keyless {
		v.Key = ""
	}
	t.Cleanup(func() {
		v.Close()
		all := v.Violations()
		if r.Messages != nil {
			r.Messages.Close()
			all = append(all, r.Messages.Violations()...)
		}
		for _, s := range all {
			t.Errorf("imitation of %s: violation: %s", as.ID, s)
		}
	})
	return r
}

// route gives a request to the protocol that lives at its path, under the path that protocol's own vendor has.
func (r *Relative) route(w http.ResponseWriter, req *http.Request) {
	to, path := r.Vendor, "/nowhere"
	listAt := r.As.ListAt
	if listAt == "" {
		listAt = r.As.Base + "/models"
	}
	messages := strings.TrimSuffix(r.As.Messages, "/")
	switch p := req.URL.Path; {
	case p == listAt:
		path = "/v1/models"
	case r.Messages != nil && (p == messages+"/v1/messages" || p == messages+"/v1/messages/count_tokens"):
		to, path = r.Messages, strings.TrimPrefix(p, messages)
	case p == r.As.Base+"/chat/completions", p == r.As.Base+"/embeddings", r.As.Answers && p == r.As.Base+"/responses":
		path = "/v1" + strings.TrimPrefix(p, r.As.Base)
	}
	moved := req.Clone(req.Context())
	if name, tail, ok := strings.Cut(strings.TrimPrefix(req.URL.Path, r.As.Classic), "/"); ok && r.As.Classic != "" && tail == "chat/completions" && req.URL.Query().Has("api-version") {
		path = "/v1/chat/completions"
		moved.Body = io.NopCloser(named(req.Body, name))
	}
	moved.URL.Path, moved.URL.RawPath = path, ""
	to.serve(w, moved)
}

// bare are the answers of vendors of which no source tells the words: the status alone, which HTTP gives its meaning.
var bare = map[Trouble]Answer{BadKey: {Status: 401, Body: "{}"}, NoMoney: {Status: 402, Body: "{}"}, TooFast: {Status: 429, Body: "{}"}, Busy: {Status: 503, Body: "{}"}}

// Bare reports whether a trouble is told by its status alone here.
func (as *Compatible) Bare(trouble Trouble) bool {
	_, told := as.Says[trouble]
	_, is := bare[trouble]
	return !told && is
}

// named is a body that is meant for a deployment in the path, whatever model it has itself.
func named(body io.Reader, deployment string) io.Reader {
	raw, _ := io.ReadAll(body)
	o, err := parse(raw)
	if err != nil {
		return bytes.NewReader(raw)
	}
	o["model"] = deployment
	return strings.NewReader(encode(o))
}

// Meet has the next call of an operation meet a trouble.
func (r *Relative) Meet(trouble Trouble, on Op) {
	says, told := r.As.Says[trouble]
	if !told {
		says = bare[trouble]
	}
	f := Fault{Kind: ErrorMid, On: on, Times: Always} // a call that is refused before its stream begins is none
	if trouble != BreaksOff {
		f = Fault{Kind: Custom, On: on, Status: says.Status, Header: http.Header{}, Body: r.As.fill(says.Body, r.As.Model, r.Key, "")}
		for name, value := range says.Header {
			f.Header.Set(name, value)
		}
	}
	r.Fault(f)
}

// fill puts what an answer is about into its words.
func (as *Compatible) fill(words, model, key, what string) string {
	if len(key) > 4 {
		key = key[len(key)-4:]
	}
	quoted := func(s string) string { q := encode(s); return q[1 : len(q)-1] }
	return strings.NewReplacer("{model}", quoted(model), "{key}", key, "{what}", quoted(what), "{message}", quoted(what)).Replace(words)
}

// answer writes a refusal.
func (as *Compatible) answer(c *call, a Answer, model, what string) {
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	if strings.HasPrefix(a.Body, "<") {
		h.Set("Content-Type", "text/html")
	}
	for name, value := range a.Header {
		h.Set(name, value)
	}
	c.w.WriteHeader(a.Status)
	c.status(a.Status)
	_, _ = io.WriteString(c.w, as.fill(a.Body, model, c.v.credential(c.r).shown, what))
}

// answerAs says in the vendor's words what OpenAI would say.
func (v *Vendor) answerAs(c *call, e vendorError) {
	as := v.cfg.as
	trouble := Wrong
	switch {
	case e.status == http.StatusUnauthorized:
		trouble = BadKey
	case e.code == "model_not_found":
		trouble = NoModel
	}
	a, told := as.Says[trouble]
	if !told {
		a = Answer{Status: e.status, Body: `{"error":{"message":"{message}","type":"invalid_request_error","param":null,"code":null}}`}
	}
	as.answer(c, a, v.peekModel(c.seen), e.message)
}

// credentialKinds are whose form of credential a header is at this vendor.
func (as *Compatible) credentialKinds(header string) []Kind {
	own := as.Header
	if own == "" {
		own = "Authorization"
	}
	if as.Keyless || !strings.EqualFold(header, own) {
		return nil
	}
	return []Kind{OpenAI}
}

func (v *Vendor) compatibleCredential(r *http.Request) (c credential) {
	if h := v.cfg.as.Header; h != "" {
		c = credential{shown: r.Header.Get(h), form: strings.ToLower(h)}
	} else if bearer, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		c = credential{shown: bearer, form: "bearer"}
	}
	if slices.Contains(v.cfg.keys, c.shown) || v.cfg.as.Keyless {
		c.own = v.cfg.keys[0]
	}
	return c
}

// compatible is the paths of a compatible vendor, as route leaves them.
func (v *Vendor) compatible() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, open bool, f func(*call)) {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := callOf(r)
			if !open {
				if e, refused := v.openAIKey(c); refused {
					v.fail(c, e)
					return
				}
			}
			f(c)
		})
	}
	handle("POST /v1/chat/completions", false, v.compatibleChat)
	handle("POST /v1/responses", false, v.responses)
	handle("POST /v1/embeddings", false, v.embeddings)
	handle("GET /v1/models", v.cfg.as.ListOpen, v.compatibleModels)
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		c := callOf(r)
		c.w.WriteHeader(http.StatusNotFound)
		c.status(http.StatusNotFound)
		_, _ = io.WriteString(c.w, "404 page not found")
	})
	return mux
}

func (v *Vendor) compatibleModels(c *call) {
	if v.cfg.as.List != nil {
		c.json(http.StatusOK, v.cfg.as.List(v.cfg.models))
		return
	}
	v.openAIModels(c)
}

// compatibleBody reads a chat request as the vendor does, and refuses what it refuses.
func (v *Vendor) compatibleBody(c *call) (map[string]any, bool) {
	as := v.cfg.as
	body, err := parse(c.body)
	if err != nil {
		v.fail(c, badRequest("", "", "The body is not JSON."))
		return nil, false
	}
	model := str(body, "model")
	if !slices.Contains(v.cfg.models, model) {
		v.fail(c, v.openAINoModel(model))
		return nil, false
	}
	if as.Only != nil {
		for name := range body {
			if !slices.Contains(as.Only, name) {
				as.answer(c, as.Extra, model, name)
				return nil, false
			}
		}
	}
	for _, r := range as.Refuses {
		if found := r.Finds(body); len(found) > 0 {
			as.answer(c, r.Says, model, found[0])
			return nil, false
		}
	}
	if e, refused := v.unlikeOpenAI(body); refused {
		v.fail(c, e)
		return nil, false
	}
	return body, true
}

// unlikeOpenAI judges what is left of a body without the vendor's own parameters by OpenAI's rules: all vendors follow those. Parameters that
// nobody knows are read over, as most vendors do; those that do not have a refusal, or Only.
func (v *Vendor) unlikeOpenAI(body map[string]any) (vendorError, bool) {
	plain := map[string]any{}
	for name, value := range body {
		if !slices.Contains(v.cfg.as.Takes, name) {
			plain[name] = value
		}
	}
	for {
		p := v.check("chat", plain)
		if p == nil {
			return judgeChat(plain)
		}
		if p.sort != unknownField || len(p.path) > 0 {
			return openAIProblem("chat", p), true
		}
		delete(plain, p.name)
	}
}

// compatibleChat answers POST /chat/completions.
func (v *Vendor) compatibleChat(c *call) {
	body, ok := v.compatibleBody(c)
	if !ok {
		return
	}
	as := v.cfg.as
	question := ""
	for _, m := range list(body, "messages") {
		if role := str(m, "role"); role == "user" || role == "tool" {
			question = texts(at(m, []string{"content"}))
		}
	}
	r := c.answer(question, false)
	if as.Thinks == ThinksNot {
		r.Thinking = ""
	}
	for i := range r.Calls {
		if as.NineIDs {
			r.Calls[i].ID = newID("")[:9]
		}
	}
	if truth(body, "stream") {
		c.stream(as.stream(body, r))
		return
	}
	message := as.said(r)
	message["role"] = "assistant"
	if len(r.Calls) > 0 {
		calls := []any{}
		for i, k := range r.Calls {
			calls = append(calls, obj{"index": i, "id": k.ID, "type": "function", "function": obj{"name": k.Name, "arguments": k.Arguments}})
		}
		message["tool_calls"] = calls
	}
	out := obj{"id": newID("chatcmpl-"), "object": "chat.completion", "created": 1764000000, "model": body["model"],
		"choices": []any{obj{"index": 0, "message": message, "finish_reason": as.finish(r)}}, "usage": as.usage(*r.Usage)}
	for name, value := range as.Beside {
		out[name] = value
	}
	c.json(http.StatusOK, out)
}

// said is the words and thoughts of a whole message, in the vendor's places.
func (as *Compatible) said(r Reply) obj {
	m := obj{"content": nilIfEmpty(r.Text)}
	if r.Thinking == "" {
		return m
	}
	switch as.Thinks {
	case ThinksInContent, ThinksInReasoning:
		m[string(as.Thinks)] = r.Thinking
	case ThinksInDetails:
		m["reasoning"], m["reasoning_details"] = r.Thinking, []any{detail(r.Thinking)}
	case ThinksInText:
		m["content"] = "<think>\n" + r.Thinking + "\n</think>\n\n" + r.Text
	case ThinksInBlocks:
		m["content"] = []any{thought(r.Thinking), obj{"type": "text", "text": r.Text}}
	}
	return m
}

// detail is OpenRouter's, MiniMax's and Vercel's form of a thought; thought is Mistral's.
func detail(text string) obj {
	return obj{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
}

func thought(text string) obj {
	return obj{"type": "thinking", "thinking": []any{obj{"type": "text", "text": text}}}
}

func (as *Compatible) finish(r Reply) string {
	word := chatFinish(r)
	if word == "stop" && as.Stop != "" {
		return as.Stop
	}
	return word
}

func (as *Compatible) usage(u Usage) obj {
	if as.Usage != nil {
		return as.Usage(u)
	}
	return chatUsage(u)
}

// plainUsage tells three numbers and no more.
func plainUsage(u Usage) obj {
	return obj{"prompt_tokens": u.Input, "completion_tokens": u.Output, "total_tokens": u.Input + u.Output}
}

// stream is a streamed answer in the vendor's grammar.
func (as *Compatible) stream(body map[string]any, r Reply) *stream {
	s := &stream{}
	id := newID("chatcmpl-")
	usage := as.usage(*r.Usage)
	chunk := func(w weight, choices []any, more obj) {
		o := obj{"id": id, "object": "chat.completion.chunk", "created": 1764000000, "model": body["model"], "choices": choices}
		for name, value := range more {
			o[name] = value
		}
		if as.UsageIn == UsageEach {
			o["usage"] = usage
		}
		s.add(w, "", o)
	}
	delta := func(w weight, d obj) {
		if as.RoleInEach {
			d["role"] = "assistant"
		}
		chunk(w, []any{obj{"index": 0, "delta": d, "finish_reason": nil}}, nil)
	}
	if as.Comment != "" {
		s.events = append(s.events, event{comment: as.Comment})
	}
	if as.Prologue != "" {
		s.events = append(s.events, event{data: as.Prologue})
	}
	delta(quiet, obj{"role": "assistant", "content": ""})
	as.tell(r, delta)
	for i, k := range r.Calls {
		whole := obj{"id": k.ID, "type": "function", "function": obj{"name": k.Name, "arguments": k.Arguments}}
		if as.WholeCalls {
			if !as.NoIndex {
				whole["index"] = i
			}
			delta(meaningful, obj{"tool_calls": []any{whole}})
			continue
		}
		whole["index"], whole["function"] = i, obj{"name": k.Name, "arguments": ""}
		delta(meaningful, obj{"tool_calls": []any{whole}})
		for _, p := range fragments(k.Arguments, r.Piece) {
			delta(meaningful, obj{"tool_calls": []any{obj{"index": i, "function": obj{"arguments": p}}}})
		}
	}
	end, more := obj{"index": 0, "delta": obj{}, "finish_reason": as.finish(r)}, obj{}
	for name, value := range as.Beside {
		more[name] = value
	}
	switch as.UsageIn {
	case UsageLast:
		more["usage"] = usage
	case UsageXGroq:
		more["x_groq"] = obj{"id": newID("req_"), "usage": usage}
	case UsageInChoice:
		end["usage"] = usage
	}
	chunk(closing, []any{end}, more)
	asked := truth(body, "stream_options", "include_usage")
	if as.UsageIn == UsageAlways || asked && (as.UsageIn == UsageIfAsked || as.UsageIn == UsageXGroq || as.UsageIn == UsageInChoice) {
		chunk(closing, []any{}, obj{"usage": usage})
	}
	s.events = append(s.events, event{data: "[DONE]", weight: last})
	return s
}

// tell streams the words and thoughts, in the vendor's places.
func (as *Compatible) tell(r Reply, delta func(weight, obj)) {
	text := r.Text
	for _, p := range pieces(r.Thinking, r.Piece) {
		switch as.Thinks {
		case ThinksInContent, ThinksInReasoning:
			delta(meaningful, obj{"content": nil, string(as.Thinks): p})
		case ThinksInDetails:
			delta(meaningful, obj{"content": "", "reasoning": p, "reasoning_details": []any{detail(p)}})
		case ThinksInBlocks:
			delta(meaningful, obj{"content": []any{thought(p)}})
		}
	}
	if as.Thinks == ThinksInText && r.Thinking != "" {
		text = "<think>\n" + r.Thinking + "\n</think>\n\n" + r.Text
	}
	for _, p := range pieces(text, r.Piece) {
		if as.Thinks == ThinksInBlocks && r.Thinking != "" {
			delta(meaningful, obj{"content": []any{obj{"type": "text", "text": p}}})
			continue
		}
		delta(meaningful, obj{"content": p})
	}
}

// Finders of what a vendor refuses.

// params finds parameters that are set.
func params(names ...string) func(map[string]any) []string {
	return func(body map[string]any) (found []string) {
		for _, name := range names {
			if has(body, name) {
				found = append(found, name)
			}
		}
		return found
	}
}

// inMessages finds a member of the messages of a role ("" is any).
func inMessages(role, name string) func(map[string]any) []string {
	return func(body map[string]any) (found []string) {
		for i, m := range list(body, "messages") {
			if o, _ := m.(map[string]any); (role == "" || str(m, "role") == role) && has(o, name) {
				found = append(found, strconv.Itoa(i))
			}
		}
		return found
	}
}

// roles finds messages of a role.
func roles(role string) func(map[string]any) []string {
	return func(body map[string]any) (found []string) {
		for i, m := range list(body, "messages") {
			if str(m, "role") == role {
				found = append(found, strconv.Itoa(i))
			}
		}
		return found
	}
}

// value finds a parameter that has not the one value it may have.
func value(name string, only float64) func(map[string]any) []string {
	return func(body map[string]any) []string {
		if f, given := number(body, name); given && f != only {
			return []string{name}
		}
		return nil
	}
}

// unlikeNine finds calls' ids that are not of nine letters and digits.
func unlikeNine(body map[string]any) (found []string) {
	bad := func(id string) bool {
		return len(id) != 9 || strings.Trim(id, strings.Trim(nameRunes, "_-")) != ""
	}
	for _, m := range list(body, "messages") {
		ids := []string{}
		if str(m, "role") == "tool" {
			ids = append(ids, str(m, "tool_call_id"))
		}
		for _, k := range list(m, "tool_calls") {
			ids = append(ids, str(k, "id"))
		}
		for _, id := range ids {
			if bad(id) {
				found = append(found, id)
			}
		}
	}
	return found
}

// turnsAlike finds two turns of one side in a row, after the system messages; a tool's results are the user's side.
func turnsAlike(body map[string]any) []string {
	before := ""
	for i, m := range list(body, "messages") {
		role := str(m, "role")
		if role == "system" && before == "" {
			continue
		}
		if role == "tool" {
			role = "user"
		}
		if role == before || role == "system" {
			return []string{strconv.Itoa(i)}
		}
		before = role
	}
	return nil
}

// unthought finds an assistant's calls without what it thought before them, while thinking is on.
func unthought(body map[string]any) (found []string) {
	if str(body, "thinking", "type") == "disabled" {
		return nil
	}
	for i, m := range list(body, "messages") {
		if str(m, "role") == "assistant" && len(list(m, "tool_calls")) > 0 && str(m, "reasoning_content") == "" {
			found = append(found, strconv.Itoa(i))
		}
	}
	return found
}

// schemaAsked finds a response format by a schema.
func schemaAsked(body map[string]any) []string {
	if str(body, "response_format", "type") == "json_schema" {
		return []string{"response_format"}
	}
	return nil
}

// openAIWords is an error in OpenAI's envelope.
func openAIWords(status int, message, typ, code string) Answer {
	return Answer{Status: status, Body: fmt.Sprintf(`{"error":{"message":%s,"type":%s,"param":null,"code":%s}}`, quote(message), quote(typ), quote(code))}
}

func quote(s string) string {
	if s == "" {
		return "null"
	}
	b, _ := json.Marshal(s) // a string
	return string(b)
}

// waiting adds the seconds after which to come back, as Retry-After.
func (a Answer) waiting(seconds int) Answer {
	a.Header, a.Wait = map[string]string{"Retry-After": strconv.Itoa(seconds)}, seconds
	return a
}
