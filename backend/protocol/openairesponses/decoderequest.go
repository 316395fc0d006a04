package openairesponses

import (
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/scan"
)

// DecodeRequest reads a request (CreateResponse). What leans on state that one account keeps, as previous_response_id does,
// is a BadRequest that names it: the gateway sends such requests to that account, in this protocol, or not at all.
func (Codec) DecodeRequest(body []byte, asked conversation.Asked) (*conversation.Request, error) {
	v := read(body, true)
	if v.Kind() != '{' {
		if err := scan.Valid(body); err != nil {
			return nil, notJSON(err)
		}
		return nil, bad("", "the body must be a JSON object")
	}
	r := &conversation.Request{}
	d := requestReader{values: v, body: body, r: r}
	v.object(d.member)
	if v.fault != nil {
		return nil, v.fault
	}
	if err := v.End(); err != nil {
		return nil, notJSON(err)
	}
	switch {
	case r.Model == "":
		return nil, bad("model", `"model" is missing; name the model that should answer`)
	case !d.hasInput:
		return nil, bad("input", `"input" is missing`)
	}
	compacts := asked.Compact || d.trigger
	if d.instructions != "" && !compacts { // they are no part of the conversation
		first := conversation.Message{Role: conversation.System, Parts: []conversation.Part{&conversation.Text{Text: d.instructions}}}
		r.Messages = slices.Insert(r.Messages, 0, first)
	}
	for _, t := range d.found {
		if !slices.ContainsFunc(r.Tools, func(have conversation.Tool) bool { return have.Name == t.Name && have.Namespace == t.Namespace }) {
			r.Tools = append(r.Tools, t)
		}
	}
	if d.identifier != "" {
		r.User = d.identifier
	}
	r.LogProbs = slices.Contains(r.Include, logProbs)
	r.Include = slices.DeleteFunc(r.Include, func(s string) bool { return s == logProbs })
	if compacts {
		return summarising(r, body, asked.Compact), nil
	}
	return r, nil
}

func notJSON(err error) *protocol.Error {
	return bad("", "the body is not valid JSON: "+err.Error())
}

type requestReader struct {
	*values
	body         []byte
	r            *conversation.Request
	instructions string
	identifier   string
	hasInput     bool
	trigger      bool                // a compaction is asked for
	found        []conversation.Tool // those that a search for tools has found
	signature    carry.Carried       // what belongs to the next call
}

// member reads one top-level parameter. Those that are not here change nothing in an answer of another vendor
// (truncation, client_metadata, stream_options, ...), and are told as lost.
func (d *requestReader) member(key string) {
	r := d.r
	if why, held := accountState[key]; held {
		if k := d.Kind(); k != 'n' && k != 'f' && string(d.peek()) != `""` {
			d.refuse("", "%s", why)
		}
		return
	}
	switch key {
	case "model":
		r.Model = d.text()
	case "stream":
		r.Stream = said(d.boolean())
	case "instructions":
		d.instructions = d.text()
	case "input":
		d.input()
	case "tools":
		r.Tools = nil
		d.array(func(int) { r.Tools = append(r.Tools, d.tool("")...) })
	case "tool_choice":
		d.choice()
	case "parallel_tool_calls":
		r.Choice.Parallel = d.boolean()
	case "max_output_tokens":
		r.MaxOutput = d.integer()
	case "temperature":
		r.Temperature = d.number()
	case "top_p":
		r.TopP = d.number()
	case "top_logprobs":
		r.TopLogProbs = d.integer()
	case "reasoning":
		d.reasoning()
	case "text":
		d.form()
	case "user":
		r.User = d.text()
	case "safety_identifier":
		d.identifier = d.text()
	case "metadata":
		d.metadata()
	case "service_tier":
		r.ServiceTier = d.text()
	case "prompt_cache_key":
		r.CacheKey = d.text()
	case "store":
		r.Store = d.boolean()
	case "include":
		r.Include = nil
		d.array(func(int) { r.Include = append(r.Include, d.text()) })
	case "truncation":
		if d.text() == "auto" {
			d.lose("truncation", "no other protocol cuts a conversation by itself")
		}
	default:
		d.passOver(key)
	}
}

func (d *requestReader) lose(param, why string) { d.r.Lost = conversation.Lose(d.r.Lost, param, why) }

// passOver notes that the value before the cursor has no place in the canonical form.
func (d *requestReader) passOver(param string) {
	switch d.Kind() {
	case 'n', 'f', 0:
		return
	}
	d.lose(param, "no other protocol is known to have it")
}

func said(b *bool) bool { return b != nil && *b }

func (d *requestReader) reasoning() {
	r := &d.r.Reasoning
	d.object(func(key string) {
		switch key {
		case "effort":
			r.Effort = d.text()
			r.Off = r.Effort == "none"
		case "summary", "generate_summary": // the second is the first one's old name
			if s := d.text(); s != "" {
				r.Summary = s
			}
		default:
			d.passOver("reasoning." + key)
		}
	})
}

func (d *requestReader) metadata() {
	d.r.Metadata = nil
	d.object(func(key string) {
		if d.r.Metadata == nil {
			d.r.Metadata = map[string]string{}
		}
		d.r.Metadata[key] = d.text()
	})
}

// form reads text: the format of the answer, and how wordy it is.
func (d *requestReader) form() {
	d.object(func(key string) {
		switch key {
		case "verbosity":
			d.r.Verbosity = d.text()
		case "format":
			d.format()
		default:
			d.passOver("text." + key)
		}
	})
}

func (d *requestReader) format() {
	var f conversation.Format
	kind := ""
	d.object(func(key string) {
		switch key {
		case "type":
			kind = d.text()
		case "name":
			f.Name = d.text()
		case "description":
			f.Description = d.text()
		case "schema":
			if k := d.Kind(); k != '{' && k != 'n' {
				d.refuse("", "must be a JSON Schema")
			}
			f.Schema = d.raw()
		case "strict":
			f.Strict = d.boolean()
		}
	})
	switch kind {
	case "", "text":
		d.r.Format = conversation.Format{}
	case "json_object":
		d.r.Format = conversation.Format{Kind: conversation.FormatJSON}
	case "json_schema":
		if f.Schema == nil {
			d.refuse("schema", "is missing")
		}
		f.Kind = conversation.FormatSchema
		d.r.Format = f
	default:
		d.refuse("type", "must be text, json_object or json_schema")
	}
}

// input reads the conversation: a string, which is the user's, or a list of items.
func (d *requestReader) input() {
	d.r.Messages = nil
	switch d.Kind() {
	case '"':
		d.hasInput = true
		d.say(conversation.User, &conversation.Text{Text: d.text()})
	case '[':
		d.hasInput = true
		d.array(func(int) {
			it := d.item()
			if d.Err() == nil && d.fault == nil {
				d.add(&it)
			}
		})
	default:
		d.mismatch("a string or a list of items")
	}
}

// say adds a message.
func (d *requestReader) say(role conversation.Role, parts ...conversation.Part) {
	d.r.Messages = append(d.r.Messages, conversation.Message{Role: role, Parts: parts})
}

// join adds a part to the last message if that is of the same role, else in a message of its own: what a model says
// in one turn is several items here, and so are the results of parallel calls.
func (d *requestReader) join(role conversation.Role, p conversation.Part) {
	if n := len(d.r.Messages); n > 0 && d.r.Messages[n-1].Role == role {
		d.r.Messages[n-1].Parts = append(d.r.Messages[n-1].Parts, p)
		return
	}
	d.say(role, p)
}

// add takes an item of the input into the conversation.
func (d *requestReader) add(it *wireItem) {
	if d.trigger {
		d.refuse("type", "follows a compaction_trigger, which must be the last item")
		return
	}
	if it.kind == "compaction_trigger" {
		d.trigger = true
		return
	}
	if summary, ours := openSummary(it.sealed); ours && compactions[it.kind] {
		d.say(conversation.User, &conversation.Text{Text: summaryMessage(summary)})
		return
	}
	if why, held := accountItems[it.kind]; held {
		d.refuse("type", "%s", why)
		return
	}
	if it.kind == "" && it.role == "" {
		if it.id != "" {
			d.refuse("", "names an item that is stored at another account; send the item itself")
		} else {
			d.refuse("type", "is missing")
		}
		return
	}
	if c := it.call(); c != nil {
		if d.signature.Call {
			c.Signature, c.Origin = d.signature.Signature, d.signature.Origin
			d.signature = carry.Carried{}
		}
		switch {
		case c.ID == "":
			d.refuse("call_id", "is missing")
		case strings.TrimSpace(c.Name) == "":
			d.refuse("name", "is missing")
		}
		d.join(conversation.Assistant, c)
		return
	}
	if it.tools != nil && (it.kind == "tool_search_output" || it.kind == "additional_tools") {
		d.found = append(d.found, d.nested(it.tools, "")...)
		it.output = []wirePart{{whole: true, text: string(it.tools)}}
	}
	if it.execution == "server" {
		d.lose("input."+it.kind, ranItself)
		return
	}
	if kind, is := results[it.kind]; is {
		d.result(it, kind)
		return
	}
	switch it.kind {
	case "", "message":
		d.message(it)
	case "reasoning":
		d.thinking(it.thinking())
	case "image_generation_call":
		if m := it.generated(); m != nil {
			d.join(conversation.Assistant, m)
		}
	default:
		d.lose("input."+it.kind, ranItself)
	}
}

// thinking takes reasoning. What another vendor's model thought was wrapped by this codec when it was written, and is unwrapped.
func (d *requestReader) thinking(t *conversation.Thinking) {
	if c, ours := carry.Unseal(strings.TrimPrefix(t.Sealed, foreignID)); ours {
		if c.Call {
			d.signature = c
			return
		}
		t.ID, t.Summary, t.Signature, t.Sealed, t.Origin = c.ID, c.Summary, c.Signature, c.Sealed, c.Origin
	}
	if t.Text != "" || t.Signature != "" || t.Sealed != "" {
		d.join(conversation.Assistant, t)
	}
}

const ranItself = "a record of what the vendor itself ran; its outcome is in the message after it"

// results are the items that answer a call, with the kind of tool that they are of.
var results = map[string]conversation.ToolKind{
	"function_call_output":    conversation.Function,
	"custom_tool_call_output": conversation.Custom,
	"local_shell_call_output": conversation.Function,
	"shell_call_output":       conversation.Function,
	"apply_patch_call_output": conversation.Function,
	"computer_call_output":    conversation.Hosted,
	"tool_search_output":      conversation.Function,
}

func (d *requestReader) result(it *wireItem, kind conversation.ToolKind) {
	res := &conversation.ToolResult{ID: it.callID, Name: it.name, Kind: kind}
	if res.ID == "" {
		res.ID = it.id // of local_shell_call_output
	}
	if res.ID == "" {
		d.refuse("call_id", "is missing")
		return
	}
	anyhow := it.kind != "function_call_output" && it.kind != "custom_tool_call_output"
	res.Parts = d.contents(it.output, "output", anyhow)
	d.join(conversation.ToolRole, res)
}

func (d *requestReader) message(it *wireItem) {
	role := conversation.Role(it.role)
	switch role {
	case conversation.User, conversation.System, conversation.Developer, conversation.Assistant:
	case "":
		d.refuse("role", "is missing")
		return
	default:
		d.refuse("role", "must be user, assistant, system or developer")
		return
	}
	if !it.hasContent {
		d.refuse("content", "is missing")
		return
	}
	parts := d.contents(it.content, "content", false)
	if role == conversation.Assistant {
		for _, p := range parts {
			d.join(role, p)
		}
		return
	}
	if len(parts) > 0 {
		d.say(role, parts...)
	}
}

// contents makes canonical parts of a content list; anyhow takes what is of no known type as its JSON text.
func (d *requestReader) contents(ps []wirePart, member string, anyhow bool) (out []conversation.Part) {
	for i := range ps {
		p := &ps[i]
		c, fault := p.canonical()
		switch {
		case c != nil:
			out = append(out, c)
		case anyhow && fault.sub == "type":
			out = append(out, &conversation.Text{Text: string(d.body[p.raw.From:p.raw.To])})
		default:
			d.way = append(d.way, hop{key: []byte(member)}, hop{index: i})
			d.refuse(fault.sub, "%s", fault.why)
			d.way = d.way[:len(d.way)-2]
		}
	}
	return out
}

// partFault is what is wrong with a part, and in which member of it.
type partFault struct{ sub, why string }

func (p *wirePart) canonical() (conversation.Part, partFault) {
	var cache *conversation.Cache
	if p.marked {
		cache = &conversation.Cache{}
	}
	medium := conversation.Media{Name: p.filename, Detail: p.detail, Cache: cache}
	switch p.kind {
	case "":
		if !p.whole {
			return nil, partFault{"type", "is missing"}
		}
		return &conversation.Text{Text: p.text}, partFault{}
	case "input_text", "output_text", "text", "summary_text", "reasoning_text":
		return &conversation.Text{Text: p.text, Citations: p.citations, LogProbs: p.likely, Cache: cache}, partFault{}
	case "refusal":
		return &conversation.Refusal{Text: p.refusal}, partFault{}
	case "input_image", "computer_screenshot", "image_url":
		medium.Kind = conversation.Image
		if fault := locate(&medium, p.imageURL, p.fileID); fault != "" {
			return nil, partFault{"image_url", fault}
		}
		if medium.Data == "" && medium.URL == "" && medium.FileID == "" {
			return nil, partFault{"image_url", "is missing"}
		}
		return &medium, partFault{}
	case "input_file":
		medium.Kind, medium.Detail = conversation.File, ""
		if fault := locate(&medium, p.fileURL, p.fileID); fault != "" {
			return nil, partFault{"file_url", fault}
		}
		if p.fileData != "" {
			var inline bool
			if medium.Type, medium.Data, inline = media.Split(p.fileData); !inline {
				medium.Data = p.fileData
			}
			medium.URL, medium.FileID = "", ""
		}
		if medium.Type == "" {
			medium.Type = media.Sniff(medium.Data)
		}
		if medium.Data == "" && medium.URL == "" && medium.FileID == "" {
			return nil, partFault{"file_data", "is missing"}
		}
		return &medium, partFault{}
	case "input_audio":
		if p.audio == "" {
			return nil, partFault{"input_audio.data", "is missing"}
		}
		return &conversation.Media{Kind: conversation.Audio, Data: p.audio, Type: media.Sound(p.audioFormat)}, partFault{}
	}
	return nil, partFault{"type", "is of no kind that is known here"}
}
