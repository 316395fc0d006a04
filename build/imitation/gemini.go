package imitation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// gemini is the paths of generativelanguage.googleapis.com.
func (v *Vendor) gemini() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*call)) {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := callOf(r)
			if e, refused := v.geminiKey(c); refused {
				v.fail(c, e)
				return
			}
			c.w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			c.w.Header().Set("Server", "scaffolding on HTTPServer2")
			c.w.Header().Set("Alt-Svc", `h3=":443"; ma=2592000`)
			f(c)
		})
	}
	handle("GET /v1beta/models", v.geminiModels)
	handle("GET /v1beta/models/{model}", func(c *call) {
		m := c.r.PathValue("model")
		if !slices.Contains(v.cfg.models, m) {
			v.fail(c, geminiNoModel(m, "generateContent"))
			return
		}
		c.json(200, geminiModel(m))
	})
	handle("POST /v1beta/models/{call}", func(c *call) {
		model, method, _ := strings.Cut(c.r.PathValue("call"), ":")
		switch method {
		case "generateContent", "streamGenerateContent":
			v.generate(c, model, method)
		case "countTokens":
			v.geminiCount(c, model)
		case "embedContent", "batchEmbedContents":
			v.geminiEmbed(c, model, method)
		default:
			v.geminiNotFound(c)
		}
	})
	handle("POST /v1beta/openai/embeddings", v.embeddings)
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { v.geminiNotFound(callOf(r)) })
	return mux
}

// geminiNotFound is what the front end says of a path that no method has: a page, not JSON.
func (v *Vendor) geminiNotFound(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	c.w.WriteHeader(404)
	c.status(404)
	_, _ = fmt.Fprintf(c.w, "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> "+
		"<ins>That’s an error.</ins>\n<p>The requested URL was not found on this server.\n")
}

func (v *Vendor) geminiKey(c *call) (vendorError, bool) {
	cred := v.credential(c.r)
	switch {
	case cred.own != "":
		return vendorError{}, false
	case cred.shown == "":
		return vendorError{status: 403, typ: "PERMISSION_DENIED", message: "Method doesn't allow unregistered callers (callers " +
			"without established identity). Please use API Key or other form of API consumer identity to call this API."}, true
	case cred.form == "bearer":
		e := v.usual(401)
		e.details = []any{obj{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
			"domain": "googleapis.com"}}
		return e, true
	}
	return vendorError{status: 400, typ: "INVALID_ARGUMENT", message: "API key not valid. Please pass a valid API key.",
		details: []any{
			obj{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
				"metadata": obj{"service": "generativelanguage.googleapis.com"}},
			obj{"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US",
				"message": "API key not valid. Please pass a valid API key."},
		}}, true
}

func geminiNoModel(m, method string) vendorError {
	return vendorError{status: 404, typ: "NOT_FOUND", message: fmt.Sprintf("models/%s is not found for API version v1beta, or is "+
		"not supported for %s. Call ListModels to see the list of available models and their supported methods.", m, method)}
}

func badArgument(format string, args ...any) vendorError {
	return vendorError{status: 400, typ: "INVALID_ARGUMENT", message: fmt.Sprintf(format, args...)}
}

func geminiModel(name string) obj {
	if strings.Contains(name, "embedding") {
		return obj{"name": "models/" + name, "version": "001", "displayName": "Imitation of " + name, "inputTokenLimit": 2048, "outputTokenLimit": 1,
			"supportedGenerationMethods": []any{"embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"}}
	}
	return obj{"name": "models/" + name, "version": "001", "displayName": "Imitation of " + name,
		"description": "An imitation", "inputTokenLimit": 1048576, "outputTokenLimit": 65536,
		"supportedGenerationMethods": []any{"generateContent", "countTokens", "createCachedContent", "batchGenerateContent"},
		"temperature":                1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": true}
}

// geminiModels pages by pageSize and pageToken.
func (v *Vendor) geminiModels(c *call) {
	size := 50
	q := c.r.URL.Query()
	if s := q.Get("pageSize"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			v.fail(c, badArgument("Invalid value at 'page_size' (TYPE_INT32), %q", s))
			return
		}
		if n > 0 {
			size = min(n, 1000)
		}
	}
	if v.cfg.pageSize > 0 {
		size = min(size, v.cfg.pageSize)
	}
	start := 0
	if token := q.Get("pageToken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "page-"))
		if err != nil || n < 0 || n > len(v.cfg.models) {
			v.fail(c, badArgument("Request contains an invalid argument."))
			return
		}
		start = n
	}
	end := min(start+size, len(v.cfg.models))
	models := []any{}
	for _, m := range v.cfg.models[start:end] {
		models = append(models, geminiModel(m))
	}
	o := obj{"models": models}
	if end < len(v.cfg.models) {
		o["nextPageToken"] = fmt.Sprintf("page-%d", end)
	}
	c.json(200, o)
}

func (v *Vendor) geminiBody(c *call, op, model, method string) (map[string]any, bool) {
	refuse := func(e vendorError) (map[string]any, bool) {
		v.fail(c, e)
		return nil, false
	}
	if !isJSON(c.r.Header) {
		return refuse(badArgument("Invalid JSON payload received. The content type must be application/json."))
	}
	if !slices.Contains(v.cfg.models, model) {
		return refuse(geminiNoModel(model, method))
	}
	body, err := parse(c.body)
	if err != nil {
		return refuse(badArgument("Invalid JSON payload received. Unexpected token.\n%v", err))
	}
	if p := v.check(op, body); p != nil {
		return refuse(geminiProblem(p))
	}
	return body, true
}

// geminiProblem words a problem as the JSON front end of Google's APIs does: paths in snake case, one violation.
func geminiProblem(p *problem) vendorError {
	var b strings.Builder
	for _, s := range p.path {
		if s != "" && s[0] >= '0' && s[0] <= '9' {
			b.WriteString("[" + s + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(snake(s))
	}
	where := b.String()
	var e vendorError
	field := where
	switch p.sort {
	case unknownField:
		e = badArgument("Invalid JSON payload received. Unknown name %q: Cannot find field.", p.name)
		if where != "" {
			e = badArgument("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", p.name, where)
		}
	default:
		shown, _ := json.Marshal(p.got)
		kind := map[string]string{"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "integer": "TYPE_INT32", "number": "TYPE_FLOAT",
			"object": "TYPE_MESSAGE", "array": "TYPE_MESSAGE"}[p.want]
		if kind == "" {
			kind = "TYPE_ENUM"
		}
		e = badArgument("Invalid value at '%s' (%s), %s", where, kind, shown)
	}
	e.details = []any{obj{"@type": "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []any{obj{"field": field, "description": e.message}}}}
	return e
}

func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// field reads a member by its camel-case name, or by its snake-case one: the JSON mapping takes both.
func field(v any, name string) any {
	m, _ := v.(map[string]any)
	if x, found := m[name]; found {
		return x
	}
	return m[snake(name)]
}

func fields(v any, name string) []any { l, _ := field(v, name).([]any); return l }

func (v *Vendor) geminiCount(c *call, model string) {
	body, ok := v.geminiBody(c, "count", model, "countTokens")
	if !ok {
		return
	}
	request := field(body, "generateContentRequest")
	if request != nil && has(body, "contents") {
		v.fail(c, badArgument("Only one of contents and generate_content_request may be set."))
		return
	}
	n := tokens(encode(body["contents"]))
	if request != nil {
		n = tokens(encode(request))
	}
	c.json(200, obj{"totalTokens": n, "promptTokensDetails": []any{obj{"modality": "TEXT", "tokenCount": n}}})
}

// generate answers :generateContent and :streamGenerateContent.
func (v *Vendor) generate(c *call, model, method string) {
	body, ok := v.geminiBody(c, "generate", model, method)
	if !ok {
		return
	}
	if !v.cfg.unchecked {
		if e, refused := v.judgeGenerate(body, model); refused {
			v.fail(c, e)
			return
		}
	}
	question := ""
	for _, turn := range fields(body, "contents") {
		if str(turn, "role") == "model" {
			continue
		}
		for _, p := range fields(turn, "parts") {
			if t := str(p, "text"); t != "" {
				question = t
			} else if r := field(p, "functionResponse"); r != nil {
				question = encode(field(r, "response"))
			}
		}
	}
	config := field(body, "generationConfig")
	thoughts := field(field(config, "thinkingConfig"), "includeThoughts") == true
	r := c.answer(question, thoughts)
	if !thoughts {
		r.Thinking = ""
	}
	id := newID("")
	if method == "generateContent" {
		parts := []any{}
		if r.Thinking != "" {
			parts = append(parts, obj{"text": r.Thinking, "thought": true})
		}
		if r.Text != "" {
			parts = append(parts, obj{"text": r.Text})
		}
		parts = append(parts, v.functionCalls(r, model)...)
		c.json(200, geminiChunk(id, model, parts, r, true))
		return
	}
	s := &stream{crlf: true, array: c.r.URL.Query().Get("alt") != "sse"}
	add := func(part obj) { s.add(meaningful, "", geminiChunk(id, model, []any{part}, r, false)) }
	for _, p := range pieces(r.Thinking, r.Piece) {
		add(obj{"text": p, "thought": true})
	}
	for _, p := range pieces(r.Text, r.Piece) {
		add(obj{"text": p})
	}
	calls := v.functionCalls(r, model)
	for _, k := range calls {
		add(k.(obj))
	}
	// The finish reason comes with a last part of its own, empty text.
	end := []any{obj{"text": ""}}
	if r.Refusal != "" {
		end = nil
	}
	s.add(closing, "", geminiChunk(id, model, end, r, true))
	c.stream(s)
}

// functionCalls are whole, never in fragments; the first carries the signature of the thought that led to it.
func (v *Vendor) functionCalls(r Reply, model string) []any {
	out := []any{}
	for i, k := range r.Calls {
		p := obj{"functionCall": obj{"id": k.ID, "name": k.Name, "args": k.arguments()}}
		if i == 0 {
			p["thoughtSignature"] = v.signThinking(k.Name + model)
		}
		out = append(out, p)
	}
	return out
}

func geminiChunk(id, model string, parts []any, r Reply, whole bool) obj {
	u := *r.Usage
	candidate := obj{"index": 0}
	if len(parts) > 0 {
		candidate["content"] = obj{"parts": parts, "role": "model"}
	}
	usage := obj{"promptTokenCount": u.Input, "totalTokenCount": u.Input,
		"promptTokensDetails": []any{obj{"modality": "TEXT", "tokenCount": u.Input}}}
	o := obj{"modelVersion": model, "responseId": id, "usageMetadata": usage}
	if u.Cached > 0 {
		usage["cachedContentTokenCount"] = u.Cached
	}
	if whole {
		usage["candidatesTokenCount"] = u.Output - u.Reasoning
		usage["totalTokenCount"] = u.Input + u.Output
		if u.Reasoning > 0 {
			usage["thoughtsTokenCount"] = u.Reasoning
		}
		reason := r.Finish
		if reason == "" {
			reason = "STOP"
		}
		candidate["finishReason"] = reason
		if r.Refusal != "" { // a blocked prompt has no candidates at all
			o["promptFeedback"] = obj{"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": r.Refusal}
			return o
		}
	}
	o["candidates"] = []any{candidate}
	return o
}

var functionName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`)

// Documented values that stand for a signature which history does not have (ai.google.dev/gemini-api/docs/thought-signatures).
var skipSignatures = []string{"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"}

// judgeGenerate refuses what the schema of generateContent cannot see.
func (v *Vendor) judgeGenerate(body map[string]any, model string) (vendorError, bool) {
	contents := fields(body, "contents")
	if len(contents) == 0 {
		return badArgument("* GenerateContentRequest.contents: contents is not specified\n"), true
	}
	if name, _ := field(body, "cachedContent").(string); name != "" {
		if !slices.Contains(v.cfg.cached, name) {
			return vendorError{status: 403, typ: "PERMISSION_DENIED",
				message: "CachedContent not found (or permission denied)"}, true
		}
		if has(body, "tools") || field(body, "systemInstruction") != nil || field(body, "toolConfig") != nil {
			return badArgument("CachedContent can not be used with GenerateContent request setting system_instruction, tools or " +
				"tool_config."), true
		}
	}
	for i, t := range fields(body, "tools") {
		for k, f := range fields(t, "functionDeclarations") {
			if !functionName.MatchString(str(f, "name")) {
				return badArgument("* GenerateContentRequest.tools[%d].function_declarations[%d].name: Invalid function name. Must "+
					"start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) "+
					"or dashes (-), with a maximum length of 128.\n", i, k), true
			}
			if field(f, "parameters") != nil && field(f, "parametersJsonSchema") != nil {
				return badArgument("* GenerateContentRequest.tools[%d].function_declarations[%d]: parameters and "+
					"parameters_json_schema are mutually exclusive\n", i, k), true
			}
		}
	}
	return v.judgeContents(contents, model)
}

func (v *Vendor) judgeContents(contents []any, model string) (vendorError, bool) {
	calls, current := 0, 0 // calls of the turn before; where the current turn of the user begins
	for i, turn := range contents {
		role := str(turn, "role")
		if role != "" && role != "user" && role != "model" && role != "function" {
			return badArgument("Please use a valid role: user, model."), true
		}
		parts := fields(turn, "parts")
		if len(parts) == 0 {
			return badArgument("* GenerateContentRequest.contents[%d].parts: contents.parts must not be empty.\n", i), true
		}
		made, answered := 0, 0
		for k, p := range parts {
			set := 0
			for _, data := range []string{"text", "inlineData", "functionCall", "functionResponse", "fileData", "executableCode",
				"codeExecutionResult", "toolCall", "toolResponse"} {
				if field(p, data) != nil {
					set++
				}
			}
			if set == 0 && field(p, "thoughtSignature") == nil {
				return badArgument("* GenerateContentRequest.contents[%d].parts[%d].data: required oneof field 'data' must have one "+
					"initialized field\n", i, k), true
			}
			if set > 1 {
				return badArgument("Invalid value at 'contents[%d].parts[%d]' (oneof), oneof field 'data' is already set.", i, k), true
			}
			if f := field(p, "functionCall"); f != nil {
				made++
				if str(f, "name") == "" {
					return badArgument("* GenerateContentRequest.contents[%d].parts[%d].function_call.name: Name cannot be empty.\n",
						i, k), true
				}
			}
			if f := field(p, "functionResponse"); f != nil {
				answered++
				if str(f, "name") == "" {
					return badArgument("* GenerateContentRequest.contents[%d].parts[%d].function_response.name: Name cannot be empty.\n",
						i, k), true
				}
			} else if role != "model" && str(p, "text") != "" {
				current = i
			}
		}
		switch {
		case answered > 0 && calls == 0:
			return badArgument("Please ensure that function response turn comes immediately after a function call turn."), true
		case calls > 0 && answered != calls:
			return badArgument("Please ensure that the number of function response parts is equal to the number of function call " +
				"parts of the function call turn."), true
		}
		calls = made
	}
	if calls > 0 {
		return badArgument("Please ensure that function call turn is followed by a function response turn."), true
	}
	return v.judgeThoughts(contents, current, model)
}

// judgeThoughts wants, of Gemini 3 models, the signature of each step of the current turn: on its first function call.
func (v *Vendor) judgeThoughts(contents []any, current int, model string) (vendorError, bool) {
	for i, turn := range contents {
		first := true
		for k, p := range fields(turn, "parts") {
			call := field(p, "functionCall")
			if call == nil || str(turn, "role") != "model" {
				continue
			}
			sig, _ := field(p, "thoughtSignature").(string)
			if first && i > current && sig == "" && strings.HasPrefix(model, "gemini-3") {
				return badArgument("Function call is missing a thought_signature in functionCall parts. This is required for tools to "+
					"work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function "+
					"call `default_api:%s` , position %d.", str(call, "name"), k), true
			}
			first = false
			if sig != "" && !slices.Contains(skipSignatures, sig) && !v.signedCall(sig, str(call, "name")) {
				return badArgument("Thought signature is not valid."), true
			}
		}
	}
	return vendorError{}, false
}

func (v *Vendor) signedCall(sig, name string) bool {
	for _, m := range v.cfg.models {
		if sig == v.signThinking(name+m) {
			return true
		}
	}
	return false
}
