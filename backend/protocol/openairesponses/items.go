package openairesponses

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/internal/openai"
)

// wireItem is an element of a request's input or of a reply's output, whichever its type: what type it is may come last.
type wireItem struct {
	kind, role           string
	id, callID           string
	name, namespace      string
	arguments, input     string
	execution            string // of tool_search_call and its output: client or server
	content, output      []wirePart
	hasContent           bool
	summary              []string
	sealed, result, form string
	action               json.RawMessage // of the calls that have no arguments: local_shell_call and its like
	tools                json.RawMessage // of tool_search_output and additional_tools
}

// wirePart is an element of a content or output list.
type wirePart struct {
	kind, text, refusal         string
	imageURL, fileURL, fileData string
	fileID, filename, detail    string
	audio, audioFormat          string
	marked                      bool // a cache breakpoint
	citations                   []conversation.Citation
	likely                      []conversation.LogProb
	raw                         protocol.Span
	whole                       bool // it was a bare string
}

func (v *values) item() (it wireItem) {
	v.object(func(key string) {
		switch key {
		case "type":
			it.kind = v.text()
		case "role":
			it.role = v.text()
		case "id":
			it.id = v.text()
		case "call_id":
			it.callID = v.text()
		case "name":
			it.name = v.text()
		case "namespace":
			it.namespace = v.text()
		case "execution":
			it.execution = v.text()
		case "arguments":
			it.arguments = v.jsonText()
		case "input":
			it.input = v.jsonText()
		case "encrypted_content":
			it.sealed = v.text()
		case "content":
			it.hasContent = v.Kind() != 'n'
			it.content = v.parts()
		case "output":
			it.output = v.parts()
		case "summary":
			it.summary = nil
			v.array(func(int) { it.summary = append(it.summary, v.part().text) })
		case "action", "operation":
			it.action = v.raw()
		case "tools":
			it.tools = v.raw()
		case "result":
			it.result = v.jsonText()
		case "output_format":
			it.form = v.text()
		}
	})
	return it
}

// parts reads a content or output: a string, a list, or a single part.
func (v *values) parts() (ps []wirePart) {
	switch v.Kind() {
	case '"', '{':
		return []wirePart{v.part()}
	}
	v.array(func(int) { ps = append(ps, v.part()) })
	return ps
}

func (v *values) part() (p wirePart) {
	if v.Kind() == '"' {
		return wirePart{whole: true, text: v.text()}
	}
	p.raw.From = v.Offset()
	v.object(func(key string) {
		switch key {
		case "type":
			p.kind = v.text()
		case "text":
			p.text = v.text()
		case "refusal":
			p.refusal = v.text()
		case "image_url":
			p.imageURL = v.url()
		case "file_url":
			p.fileURL = v.text()
		case "file_data":
			p.fileData = v.text()
		case "file_id":
			p.fileID = v.text()
		case "filename":
			p.filename = v.text()
		case "detail":
			p.detail = v.text()
		case "input_audio":
			v.object(func(key string) {
				switch key {
				case "data":
					p.audio = v.text()
				case "format":
					p.audioFormat = v.text()
				}
			})
		case "prompt_cache_breakpoint":
			p.marked = v.Kind() == '{'
		case "annotations":
			p.citations = v.citations()
		case "logprobs":
			p.likely = openai.LogProbs(&v.Cursor)
		}
	})
	p.raw.To = v.Offset()
	return p
}

// url reads an image_url; chat completions has an object there, which some clients send here too.
func (v *values) url() (s string) {
	if v.Kind() != '{' {
		return v.text()
	}
	v.object(func(key string) {
		if key == "url" {
			s = v.text()
		}
	})
	return s
}

// citations reads annotations; those that are no web pages name files of the account, which nobody else can open.
func (v *values) citations() (cs []conversation.Citation) {
	if v.Kind() != '[' {
		v.Value()
		return nil
	}
	v.array(func(int) {
		if c := v.citation(); c != nil {
			cs = append(cs, *c)
		}
	})
	return cs
}

func (v *values) citation() *conversation.Citation {
	var c conversation.Citation
	kind := ""
	v.object(func(key string) {
		switch key {
		case "type":
			kind = v.text()
		case "url":
			c.URL = v.text()
		case "title":
			c.Title = v.text()
		case "start_index":
			c.From = place(v.integer())
		case "end_index":
			c.To = place(v.integer())
		}
	})
	if kind != "url_citation" || c.URL == "" {
		return nil
	}
	return &c
}

func place(n *int64) int {
	if n == nil || *n < 0 || *n > 1<<31-1 {
		return 0
	}
	return int(*n)
}

// thinking is what a reasoning item says: the reasoning itself where it is there (open models), else its summary.
func (it *wireItem) thinking() *conversation.Thinking {
	t := &conversation.Thinking{ID: it.id, Sealed: it.sealed}
	if it.sealed != "" {
		t.Origin = protocol.OpenAIResponses
	}
	var own []string
	for _, p := range it.content {
		own = append(own, p.text)
	}
	if t.Text = strings.Join(own, ""); t.Text == "" {
		t.Text = strings.Join(it.summary, "\n\n")
		t.Summary = t.Text != ""
	}
	return t
}

// call is the tool call that the item is; nil where it is none that a client runs.
func (it *wireItem) call() *conversation.ToolCall {
	c := &conversation.ToolCall{ID: it.callID, Name: it.name, Namespace: it.namespace, Kind: conversation.Function, Arguments: it.arguments}
	switch it.kind {
	case "function_call":
		if strings.TrimSpace(c.Arguments) == "" || c.Arguments == "null" {
			c.Arguments = "{}"
		}
	case "custom_tool_call":
		c.Kind, c.Arguments = conversation.Custom, it.input
	case "computer_call":
		c.Kind, c.Name, c.Arguments = conversation.Hosted, "computer", string(it.action)
	default: // of a tool that the client runs: to all but its vendor it is a function
		if c.Name = hosted.Calls(it.kind); c.Name == "" || it.execution == "server" {
			return nil
		}
		if it.action != nil {
			c.Arguments = string(it.action)
		}
	}
	if c.ID == "" {
		c.ID = it.id
	}
	return c
}

// generated is the image that the item is; nil where it is none.
func (it *wireItem) generated() *conversation.Media {
	if it.kind != "image_generation_call" || it.result == "" {
		return nil
	}
	m := &conversation.Media{Kind: conversation.Image, Data: it.result, Type: media.Sniff(it.result)}
	if m.Type == "" && it.form != "" {
		m.Type = "image/" + it.form
	}
	return m
}
