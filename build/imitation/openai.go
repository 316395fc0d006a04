package imitation

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Op is what a request asks a vendor for.
type Op string

// The operations.
const (
	OpChat       Op = "chat"       // POST /v1/chat/completions
	OpResponses  Op = "responses"  // POST /v1/responses
	OpRetrieve   Op = "retrieve"   // GET, DELETE /v1/responses/{id}
	OpCancel     Op = "cancel"     // POST /v1/responses/{id}/cancel
	OpCompact    Op = "compact"    // POST /v1/responses/compact
	OpEmbeddings Op = "embeddings" // POST /v1/embeddings
	OpMessages   Op = "messages"   // POST /v1/messages
	OpGenerate   Op = "generate"   // :generateContent and :streamGenerateContent
	OpCount      Op = "count"      // count_tokens, :countTokens and input_tokens
	OpComplete   Op = "complete"   // POST /v1/completions
	OpImages     Op = "images"     // POST /v1/images/...
	OpAudio      Op = "audio"      // POST /v1/audio/...
	OpModerate   Op = "moderate"   // POST /v1/moderations
	OpRerank     Op = "rerank"     // POST /v1/rerank
	OpFiles      Op = "files"      // /v1/files and below
	OpBatches    Op = "batches"    // /v1/batches and below
	OpEmbed      Op = "embed"      // :embedContent and :batchEmbedContents
	OpModels     Op = "models"     // lists of models, and one model
	OpUnknown    Op = "unknown"    // any other path
	OpAny        Op = "*"          // in Fault.On only
)

func (v *Vendor) operation(r *http.Request) Op {
	p := r.URL.Path
	switch v.Kind {
	case OpenAI:
		switch {
		case p == "/v1/chat/completions":
			return OpChat
		case p == "/v1/responses":
			return OpResponses
		case p == "/v1/responses/compact":
			return OpCompact
		case p == "/v1/responses/input_tokens":
			return OpCount
		case p == "/v1/embeddings":
			return OpEmbeddings
		case p == "/v1/completions":
			return OpComplete
		case p == "/v1/moderations":
			return OpModerate
		case p == "/v1/rerank":
			return OpRerank
		case strings.HasPrefix(p, "/v1/images/"):
			return OpImages
		case strings.HasPrefix(p, "/v1/audio/"):
			return OpAudio
		case strings.HasPrefix(p, "/v1/files"):
			return OpFiles
		case strings.HasPrefix(p, "/v1/batches"):
			return OpBatches
		case strings.HasPrefix(p, "/v1/models"):
			return OpModels
		case strings.HasPrefix(p, "/v1/responses/") && strings.HasSuffix(p, "/cancel"):
			return OpCancel
		case strings.HasPrefix(p, "/v1/responses/"):
			return OpRetrieve
		}
	case Anthropic:
		switch {
		case p == "/v1/messages":
			return OpMessages
		case p == "/v1/messages/count_tokens":
			return OpCount
		case strings.HasPrefix(p, "/v1/models"):
			return OpModels
		}
	case Gemini:
		switch {
		case strings.HasSuffix(p, ":generateContent"), strings.HasSuffix(p, ":streamGenerateContent"):
			return OpGenerate
		case strings.HasSuffix(p, ":countTokens"):
			return OpCount
		case strings.HasSuffix(p, ":embedContent"), strings.HasSuffix(p, ":batchEmbedContents"):
			return OpEmbed
		case p == "/v1beta/openai/embeddings":
			return OpEmbeddings
		case strings.HasPrefix(p, "/v1beta/models"):
			return OpModels
		}
	}
	return OpUnknown
}

// openAI is the paths of api.openai.com.
func (v *Vendor) openAI() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*call)) {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := callOf(r)
			if e, refused := v.openAIKey(c); refused {
				v.fail(c, e)
				return
			}
			h := c.w.Header()
			h.Set("X-Request-Id", newID("req_"))
			h.Set("Openai-Organization", "org-"+accountMark(c.key))
			h.Set("Openai-Version", "2020-10-01")
			h.Set("Access-Control-Expose-Headers", "X-Request-ID")
			h.Set("X-Ratelimit-Limit-Requests", "500")
			h.Set("X-Ratelimit-Remaining-Requests", "499")
			h.Set("X-Ratelimit-Reset-Requests", "120ms")
			h.Set("Set-Cookie", "__cf_bm="+newID("")+"; path=/; HttpOnly") // as the edge before it does
			f(c)
		})
	}
	if v.cfg.only != OpResponses {
		handle("POST /v1/chat/completions", v.chat)
	}
	if v.cfg.only != OpChat {
		handle("POST /v1/responses", v.responses)
		handle("POST /v1/responses/input_tokens", v.inputTokens)
	}
	handle("GET /v1/responses/{id}", v.retrieve)
	handle("GET /v1/responses/{id}/input_items", v.inputItems)
	if v.cfg.compacts {
		handle("POST /v1/responses/compact", v.compact)
	}
	handle("DELETE /v1/responses/{id}", v.deleteResponse)
	handle("POST /v1/responses/{id}/cancel", v.cancel)
	handle("POST /v1/embeddings", v.embeddings)
	v.plain(handle)
	handle("GET /v1/models", v.openAIModels)
	handle("GET /v1/models/{model...}", func(c *call) {
		m := c.r.PathValue("model")
		if !slices.Contains(v.cfg.models, m) {
			v.fail(c, v.openAINoModel(m))
			return
		}
		c.json(200, openAIModel(m))
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		c := callOf(r)
		v.fail(c, vendorError{status: 404, typ: "invalid_request_error",
			message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path)})
	})
	return mux
}

func (v *Vendor) openAIModels(c *call) {
	data := []any{}
	for _, m := range v.cfg.models {
		data = append(data, openAIModel(m))
	}
	c.json(200, obj{"object": "list", "data": data})
}

func openAIModel(name string) obj {
	return obj{"id": name, "object": "model", "created": 1715367049, "owned_by": "system"}
}

func (v *Vendor) openAIKey(c *call) (vendorError, bool) {
	cred := v.credential(c.r)
	switch {
	case cred.own != "":
		return vendorError{}, false
	case cred.shown == "":
		return vendorError{status: 401, typ: "invalid_request_error", message: "You didn't provide an API key. You need to " +
			"provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."}, true
	}
	// The real one quotes the ends of the key: a gateway must not pass that on.
	e := v.usual(401)
	e.message = "Incorrect API key provided: " + hint(cred.shown) +
		". You can find your API key at https://platform.openai.com/account/api-keys."
	return e, true
}

func (v *Vendor) openAINoModel(m string) vendorError {
	e := v.usual(404)
	e.message = fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", m)
	return e
}

// openAIBody reads and judges a body against the schema of an operation, and its model against the offer.
func (v *Vendor) openAIBody(c *call, op string) (map[string]any, bool) {
	refuse := func(e vendorError) (map[string]any, bool) {
		v.fail(c, e)
		return nil, false
	}
	if !isJSON(c.r.Header) {
		t := c.r.Header.Get("Content-Type")
		return refuse(badRequest("", "unsupported_content_type", "Unsupported content type: '%s'. This API method only accepts "+
			"'application/json' requests, but you specified the header 'Content-Type: %s'. Please try again with a supported "+
			"content type.", t, t))
	}
	body, err := parse(c.body)
	return v.judgeBody(c, op, body, err)
}

// judgeBody judges what was read of a body.
func (v *Vendor) judgeBody(c *call, op string, body map[string]any, err error) (map[string]any, bool) {
	refuse := func(e vendorError) (map[string]any, bool) {
		v.fail(c, e)
		return nil, false
	}
	if err != nil {
		return refuse(badRequest("", "", "We could not parse the JSON body of your request. (HINT: This likely means you "+
			"aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid "+
			"JSON.)"))
	}
	if str(body, "model") == "" && !modelless[op] {
		return refuse(badRequest("model", "missing_required_parameter", "Missing required parameter: 'model'."))
	}
	if p := v.check(op, body); p != nil {
		return refuse(openAIProblem(op, p))
	}
	if m := str(body, "model"); m != "" && !slices.Contains(v.cfg.models, m) {
		return refuse(v.openAINoModel(m))
	}
	return body, true
}

func badRequest(param, code, format string, args ...any) vendorError {
	return vendorError{status: 400, typ: "invalid_request_error", message: fmt.Sprintf(format, args...), param: param, code: code}
}

// openAIProblem words a problem as the service does.
func openAIProblem(op string, p *problem) vendorError {
	where := openAIPath(p.path)
	full := where
	if p.name != "" {
		full = openAIPath(append(slices.Clone(p.path), p.name))
	}
	switch p.sort {
	case unknownField:
		if op != "chat" && op != "embeddings" || len(p.path) > 0 {
			return badRequest(full, "unknown_parameter", "Unknown parameter: '%s'.", full)
		}
		return badRequest("", "", "Unrecognized request argument supplied: %s", p.name)
	case missingField:
		return badRequest(full, "missing_required_parameter", "Missing required parameter: '%s'.", full)
	case wrongType:
		return badRequest(where, "invalid_type", "Invalid type for '%s': expected %s, but got %s instead.", where,
			article(p.want), article(jsonType(p.got)))
	case outOfRange:
		if low, below := strings.CutPrefix(p.want, ">= "); below {
			return badRequest(where, jsonType(p.got)+"_below_min_value", "Invalid '%s': %s below minimum value. Expected a value "+
				">= %s, but got %v instead.", where, jsonType(p.got), low, shown(p.got))
		}
		return badRequest(where, jsonType(p.got)+"_above_max_value", "Invalid '%s': %s above maximum value. Expected a value "+
			"%s, but got %v instead.", where, jsonType(p.got), p.want, shown(p.got))
	}
	return badRequest(where, "invalid_value", "Invalid value: '%s'. Supported values are: %s.", shown(p.got), p.want)
}

// openAIPath writes a path as messages[0].content.
func openAIPath(path []string) string {
	var b strings.Builder
	for _, p := range path {
		switch {
		case p != "" && p[0] >= '0' && p[0] <= '9':
			b.WriteString("[" + p + "]")
		case b.Len() > 0:
			b.WriteString("." + p)
		default:
			b.WriteString(p)
		}
	}
	return b.String()
}

// shown keeps what a message quotes short.
func shown(v any) string {
	s := fmt.Sprint(v)
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return s
}

func jsonType(v any) string {
	switch v := v.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return "integer"
		}
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

func article(t string) string {
	switch t {
	case "null":
		return "null"
	case "array", "object", "integer":
		return "an " + t
	}
	return "a " + t
}

// reasoningModel are the names whose models think before they answer: they take max_completion_tokens, and no temperature.
var reasoningModel = regexp.MustCompile(`^(o[1-9]|gpt-5)([.-]|$)`)

func reasons(model string) bool {
	return reasoningModel.MatchString(model) && !strings.Contains(model, "chat")
}

// sampling judges what a reasoning model takes (platform.openai.com/docs/guides/reasoning).
func sampling(body map[string]any) (vendorError, bool) {
	model := str(body, "model")
	if !reasons(model) || strings.HasPrefix(model, "gpt-5.") { // gpt-5.1 and later take sampling when they do not reason
		return vendorError{}, false
	}
	for _, p := range []string{"temperature", "top_p"} {
		if f, ok := number(body, p); ok && f != 1 {
			return badRequest(p, "unsupported_value", "Unsupported value: '%s' does not support %v with this model. Only the "+
				"default (1) value is supported.", p, f), true
		}
	}
	return vendorError{}, false
}

func (v *Vendor) embeddings(c *call) {
	body, ok := v.openAIBody(c, "embeddings")
	if !ok {
		return
	}
	inputs := []string{}
	switch in := body["input"].(type) {
	case string:
		inputs = append(inputs, in)
	case []any:
		tokenList := false
		for _, x := range in {
			if s, isText := x.(string); isText {
				inputs = append(inputs, s)
			} else if l, isList := x.([]any); isList {
				inputs = append(inputs, encode(l))
			} else {
				tokenList = true
			}
		}
		if tokenList {
			inputs = []string{encode(in)}
		}
	}
	for i, s := range inputs {
		if s == "" {
			v.fail(c, badRequest(fmt.Sprintf("input[%d]", i), "", "Invalid 'input[%d]': input cannot be an empty string.", i))
			return
		}
	}
	dims := 8
	if n, given := number(body, "dimensions"); given {
		if n > 3072 {
			v.fail(c, badRequest("dimensions", "", "Invalid value for 'dimensions' = %v. Must be less than or equal to 3072.", n))
			return
		}
		dims = int(n)
	}
	data, used := []any{}, 0
	for i, s := range inputs {
		used += tokens(s)
		vector := vectorOf(s, dims)
		var e any = vector
		if str(body, "encoding_format") == "base64" {
			raw := make([]byte, 0, 4*dims)
			for _, f := range vector {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
			}
			e = base64.StdEncoding.EncodeToString(raw)
		}
		data = append(data, obj{"object": "embedding", "index": i, "embedding": e})
	}
	c.json(200, obj{"object": "list", "data": data, "model": body["model"],
		"usage": obj{"prompt_tokens": used, "total_tokens": used}})
}

// vectorOf gives a text its vector of unit length: the same for the same text.
func vectorOf(s string, dims int) []float32 {
	out := make([]float32, dims)
	var sum float64
	for i := range out {
		h := fnv.New32a()
		_, _ = fmt.Fprintf(h, "%d %s", i, s)
		out[i] = float32(h.Sum32()%2001)/1000 - 1
		sum += float64(out[i]) * float64(out[i])
	}
	for i := range out {
		out[i] = float32(float64(out[i]) / math.Sqrt(sum+1e-9))
	}
	return out
}
