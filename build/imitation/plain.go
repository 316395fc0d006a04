package imitation

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
)

// plain is what OpenAI serves beside text: images, sound, moderations, files and batches, and the completions of old.
func (v *Vendor) plain(handle func(string, func(*call))) {
	handle("POST /v1/completions", v.completions)
	handle("POST /v1/moderations", v.moderations)
	handle("POST /v1/images/generations", v.images)
	handle("POST /v1/images/edits", v.imageEdits)
	handle("POST /v1/images/variations", v.imageVariations)
	handle("POST /v1/audio/speech", v.speech)
	handle("POST /v1/audio/transcriptions", func(c *call) { v.transcribe(c, "transcriptions") })
	handle("POST /v1/audio/translations", func(c *call) { v.transcribe(c, "translations") })
	handle("POST /v1/files", v.upload)
	handle("POST /v1/batches", v.batch)
	for _, kind := range []string{"files", "batches"} {
		handle("GET /v1/"+kind, func(c *call) { v.listFiled(c, kind) })
		handle("GET /v1/"+kind+"/{id}", func(c *call) {
			if f := v.find(c, kind); f != nil {
				c.json(200, f.object)
			}
		})
	}
	handle("DELETE /v1/files/{id}", v.deleteFile)
	handle("GET /v1/files/{id}/content", func(c *call) {
		if f := v.find(c, "files"); f != nil {
			c.raw("application/octet-stream", f.content)
		}
	})
	handle("POST /v1/batches/{id}/cancel", v.cancelBatch)
	if v.cfg.ranks {
		handle("POST /v1/rerank", v.rerank)
	}
}

// modelless are the operations whose requests need not, or cannot, name a model.
var modelless = map[string]bool{"moderations": true, "images": true, "image_edits": true, "image_edits_json": true, "image_variations": true, "files": true, "batches": true}

// formBody reads and judges a form: fields as the JSON that they stand for, files as their content. Most fields are text; those listed are not.
func (v *Vendor) formBody(c *call, op string) (map[string]any, bool) {
	t, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || t != "multipart/form-data" {
		v.fail(c, badRequest("", "unsupported_content_type", "Unsupported content type: '%s'. This API method only accepts 'multipart/form-data' requests.", t))
		return nil, false
	}
	body := map[string]any{}
	rd := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := rd.NextPart()
		if err == io.EOF {
			break
		}
		var data []byte
		if err == nil {
			data, err = io.ReadAll(part)
		}
		if err != nil {
			v.fail(c, badRequest("", "", "Could not parse multipart form: %v", err))
			return nil, false
		}
		var value any = string(data)
		name, isList := strings.CutSuffix(part.FormName(), "[]")
		if notText[name] {
			d := json.NewDecoder(bytes.NewReader(data))
			d.UseNumber()
			if d.Decode(&value) != nil {
				value = string(data)
			}
		}
		switch old := body[name].(type) {
		case nil:
			if isList {
				value = []any{value}
			}
			body[name] = value
		case []any:
			body[name] = append(old, value)
		default:
			v.fail(c, badRequest(name, "", "Duplicate parameter: '%s'.", name))
			return nil, false
		}
	}
	return v.judgeBody(c, op, body, nil)
}

var notText = map[string]bool{"n": true, "temperature": true, "stream": true, "output_compression": true, "partial_images": true}

func (v *Vendor) completions(c *call) {
	body, ok := v.openAIBody(c, "completions")
	if !ok {
		return
	}
	if !strings.Contains(str(body, "model"), "instruct") {
		v.fail(c, vendorError{status: 404, typ: "invalid_request_error", param: "model",
			message: "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?"})
		return
	}
	r := c.answer(str(body, "prompt"), false)
	object := func(choices []any) obj {
		return obj{"id": newID("cmpl-"), "object": "text_completion", "created": time.Now().Unix(), "model": body["model"], "choices": choices}
	}
	choice := func(text string, finish any) []any {
		return []any{obj{"index": 0, "text": text, "logprobs": nil, "finish_reason": finish}}
	}
	if !truth(body, "stream") {
		o := object(choice(r.Text, "stop"))
		o["usage"] = chatUsage(*r.Usage)
		c.json(200, o)
		return
	}
	s := &stream{}
	for _, p := range pieces(r.Text, r.Piece) {
		s.add(meaningful, "", object(choice(p, nil)))
	}
	s.add(closing, "", object(choice("", "stop")))
	if truth(body, "stream_options", "include_usage") {
		o := object([]any{})
		o["usage"] = chatUsage(*r.Usage)
		s.add(closing, "", o)
	}
	s.events = append(s.events, event{data: "[DONE]", weight: last})
	c.stream(s)
}

func (v *Vendor) moderations(c *call) {
	if body, ok := v.openAIBody(c, "moderations"); ok {
		c.json(200, obj{"id": newID("modr-"), "model": "omni-moderation-latest", "results": []any{obj{"flagged": strings.Contains(encode(body["input"]), "evil"),
			"categories": obj{"violence": false}, "category_scores": obj{"violence": 0.01}, "category_applied_input_types": obj{"violence": []any{"text"}}}}})
	}
}

func (v *Vendor) rerank(c *call) {
	body, err := parse(c.body)
	if body, ok := v.judgeBody(c, "", body, err); ok {
		results := []any{}
		for i := range list(body, "documents") {
			results = append(results, obj{"index": i, "relevance_score": 1 / float64(i+1)})
		}
		c.json(200, obj{"model": body["model"], "results": results, "usage": obj{"total_tokens": tokens(encode(body["documents"]))}})
	}
}

// Picture is what each made image is: the smallest PNG.
var Picture, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

func (v *Vendor) images(c *call) {
	if body, ok := v.openAIBody(c, "images"); ok {
		v.pictures(c, body, "image_generation")
	}
}

func (v *Vendor) imageEdits(c *call) {
	read, op := v.formBody, "image_edits"
	if isJSON(c.r.Header) {
		read, op = v.openAIBody, "image_edits_json"
	}
	if body, ok := read(c, op); ok {
		v.pictures(c, body, "image_edit")
	}
}

func (v *Vendor) imageVariations(c *call) {
	if body, ok := v.formBody(c, "image_variations"); ok {
		if m := str(body, "model"); m != "" && m != "dall-e-2" {
			v.fail(c, badRequest("model", "invalid_value", "Value must be 'dall-e-2'"))
			return
		}
		v.pictures(c, body, "")
	}
}

// pictures answers with images: those of dall-e without usage, since they cost by the piece.
func (v *Vendor) pictures(c *call, body map[string]any, events string) {
	picture := base64.StdEncoding.EncodeToString(Picture)
	usage := obj{"input_tokens": 12, "input_tokens_details": obj{"text_tokens": 12, "image_tokens": 0}, "output_tokens": 272, "total_tokens": 284}
	if truth(body, "stream") {
		s := &stream{}
		for i := range 3 {
			s.add(meaningful, events+".partial_image", obj{"type": events + ".partial_image", "b64_json": picture, "partial_image_index": i})
		}
		s.add(closing, events+".completed", obj{"type": events + ".completed", "b64_json": picture, "usage": usage})
		c.stream(s)
		return
	}
	data := []any{}
	n, given := number(body, "n")
	if !given {
		n = 1
	}
	for range int(n) {
		data = append(data, obj{"b64_json": picture})
	}
	o := obj{"created": time.Now().Unix(), "data": data}
	if strings.HasPrefix(str(body, "model"), "gpt-image") {
		o["usage"] = usage
	}
	c.json(200, o)
}

// Sound is what speech is: bytes that are no text, enough for several writes.
var Sound = bytes.Repeat([]byte("ID3\x04\x00\xff\xfb\x90\x00\r\n\r\n"), 8<<10)

func (v *Vendor) speech(c *call) {
	body, ok := v.openAIBody(c, "speech")
	if !ok {
		return
	}
	if str(body, "stream_format") != "sse" {
		c.raw("audio/mpeg", Sound)
		return
	}
	s := &stream{}
	for range 4 {
		s.add(meaningful, "", obj{"type": "speech.audio.delta", "audio": base64.StdEncoding.EncodeToString(Sound[:300])})
	}
	s.add(closing, "", obj{"type": "speech.audio.done", "usage": obj{"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}})
	c.stream(s)
}

func (v *Vendor) transcribe(c *call, op string) {
	body, ok := v.formBody(c, op)
	if !ok {
		return
	}
	text := "The file has " + fmt.Sprint(len(str(body, "file"))) + " bytes."
	switch format := str(body, "response_format"); {
	case truth(body, "stream") && str(body, "model") != "whisper-1": // which never streams
		s := &stream{}
		for _, p := range pieces(text, 0) {
			s.add(meaningful, "", obj{"type": "transcript.text.delta", "delta": p})
		}
		s.add(closing, "", obj{"type": "transcript.text.done", "text": text,
			"usage": obj{"type": "tokens", "input_tokens": 14, "input_token_details": obj{"audio_tokens": 14}, "output_tokens": 9, "total_tokens": 23}})
		c.stream(s)
	case format == "text":
		c.raw("text/plain; charset=utf-8", []byte(text+"\n"))
	case format == "srt":
		c.raw("text/plain; charset=utf-8", []byte("1\n00:00:00,000 --> 00:00:01,000\n"+text+"\n\n"))
	case format == "vtt":
		c.raw("text/vtt; charset=utf-8", []byte("WEBVTT\n\n00:00.000 --> 00:01.000\n"+text+"\n"))
	case format == "verbose_json":
		c.json(200, obj{"task": "transcribe", "language": "english", "duration": 1.5, "text": text, "segments": []any{}, "usage": obj{"type": "duration", "seconds": 2}})
	default:
		c.json(200, obj{"text": text, "usage": obj{"type": "tokens", "input_tokens": 14, "output_tokens": 9, "total_tokens": 23}})
	}
}

// filed is a file or a batch, of one account.
type filed struct {
	kind    string // the word in its path
	key     string // the account
	object  obj
	content []byte
}

func (v *Vendor) file(c *call, kind, id string, object obj, content []byte) {
	v.mu.Lock()
	v.filed[c.key+" "+id] = &filed{kind, c.key, object, content}
	v.order = append(v.order, c.key+" "+id)
	v.mu.Unlock()
}

// find finds what a path names, at the caller's own account.
func (v *Vendor) find(c *call, kind string) *filed {
	id := c.r.PathValue("id")
	v.mu.Lock()
	f := v.filed[c.key+" "+id]
	v.mu.Unlock()
	if f == nil || f.kind != kind {
		v.fail(c, vendorError{status: 404, typ: "invalid_request_error", param: "id", message: "No such " + map[string]string{"files": "File", "batches": "Batch"}[kind] + " object: " + id})
		return nil
	}
	return f
}

func (v *Vendor) addFile(c *call, name, purpose string, content []byte) obj {
	id := newID("file-")
	o := obj{"id": id, "object": "file", "bytes": len(content), "created_at": time.Now().Unix(), "filename": name, "purpose": purpose, "status": "processed"}
	v.file(c, "files", id, o, content)
	return o
}

func (v *Vendor) upload(c *call) {
	if body, ok := v.formBody(c, "files"); ok {
		c.json(200, v.addFile(c, "input.jsonl", str(body, "purpose"), []byte(str(body, "file"))))
	}
}

func (v *Vendor) deleteFile(c *call) {
	if f := v.find(c, "files"); f != nil {
		id := c.r.PathValue("id")
		v.mu.Lock()
		delete(v.filed, c.key+" "+id)
		v.mu.Unlock()
		c.json(200, obj{"id": id, "object": "file", "deleted": true})
	}
}

// batch is done as soon as it is begun.
func (v *Vendor) batch(c *call) {
	body, ok := v.openAIBody(c, "batches")
	if !ok {
		return
	}
	v.mu.Lock()
	input := v.filed[c.key+" "+str(body, "input_file_id")]
	v.mu.Unlock()
	if input == nil {
		v.fail(c, badRequest("input_file_id", "", "No such File object: %s", str(body, "input_file_id")))
		return
	}
	output := v.addFile(c, "output.jsonl", "batch_output", append([]byte("done: "), input.content...))
	id := newID("batch_")
	o := obj{"id": id, "object": "batch", "endpoint": body["endpoint"], "errors": nil, "input_file_id": body["input_file_id"], "completion_window": "24h",
		"status": "completed", "output_file_id": output["id"], "error_file_id": nil, "created_at": time.Now().Unix()}
	v.file(c, "batches", id, o, nil)
	c.json(200, o)
}

func (v *Vendor) cancelBatch(c *call) {
	if f := v.find(c, "batches"); f != nil {
		v.mu.Lock()
		f.object = maps.Clone(f.object)
		f.object["status"] = "cancelled"
		object := f.object
		v.mu.Unlock()
		c.json(200, object)
	}
}

func (v *Vendor) listFiled(c *call, kind string) {
	q, limit := c.r.URL.Query(), 20
	if s := q.Get("limit"); s != "" {
		if _, err := fmt.Sscan(s, &limit); err != nil || limit < 1 {
			v.fail(c, badRequest("limit", "", "Invalid 'limit': %s", s))
			return
		}
	}
	v.mu.Lock()
	var ids []string
	for _, id := range v.order {
		if f := v.filed[id]; f != nil && f.kind == kind && f.key == c.key {
			ids = append(ids, id)
		}
	}
	if after := q.Get("after"); after != "" {
		ids = ids[slices.Index(ids, c.key+" "+after)+1:]
	}
	more := len(ids) > limit
	data := []any{}
	for _, id := range ids[:min(limit, len(ids))] {
		data = append(data, v.filed[id].object)
	}
	v.mu.Unlock()
	o := obj{"object": "list", "data": data, "has_more": more, "first_id": nil, "last_id": nil}
	if n := len(data); n > 0 {
		o["first_id"], o["last_id"] = data[0].(obj)["id"], data[n-1].(obj)["id"]
	}
	c.json(http.StatusOK, o)
}

// geminiEmbed answers :embedContent and :batchEmbedContents. Each request of a batch must name the model of the path.
func (v *Vendor) geminiEmbed(c *call, model, method string) {
	op := map[string]string{"embedContent": "embed", "batchEmbedContents": "embed_batch"}[method]
	body, ok := v.geminiBody(c, op, model, method)
	if !ok {
		return
	}
	if !strings.Contains(model, "embedding") {
		v.fail(c, geminiNoModel(model, method))
		return
	}
	requests := list(body, "requests")
	if method == "embedContent" {
		requests = []any{body}
	}
	embeddings := []any{}
	for i, r := range requests {
		if m := str(r, "model"); m != "models/"+model && (m != "" || method != "embedContent") {
			v.fail(c, badArgument("* BatchEmbedContentsRequest.requests[%d].model: model must be \"models/%s\"\n", i, model))
			return
		}
		embeddings = append(embeddings, obj{"values": vectorOf(encode(at(r, []string{"content"})), 8)})
	}
	if method == "embedContent" {
		c.json(200, obj{"embedding": embeddings[0]})
		return
	}
	c.json(200, obj{"embeddings": embeddings})
}
