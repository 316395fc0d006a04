package openaichat

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/toolnames"
)

type completion struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []saidChoice `json:"choices"`
	Usage   *usage       `json:"usage,omitempty"`
	Tier    string       `json:"service_tier,omitempty"`
}

type saidChoice struct {
	Index    int         `json:"index"`
	Message  saidMessage `json:"message"`
	LogProbs saidProbs   `json:"logprobs"` // required, and null where there are none
	Finish   string      `json:"finish_reason"`
}

// saidProbs is how likely the tokens of a choice's text were.
type saidProbs []conversation.LogProb

// MarshalJSON implements [json.Marshaler].
func (p saidProbs) MarshalJSON() ([]byte, error) { return appendProbs(nil, p), nil }

func appendProbs(dst []byte, list []conversation.LogProb) []byte {
	if len(list) == 0 {
		return append(dst, "null"...)
	}
	return append(openai.AppendLogProbs(append(dst, `{"content":`...), list, true), `,"refusal":null}`...)
}

type saidMessage struct {
	Role             string        `json:"role"`
	Content          *string       `json:"content"` // required, as is refusal
	Refusal          *string       `json:"refusal"`
	ReasoningContent string        `json:"reasoning_content,omitempty"` // not in the definition: where clients look for it
	Annotations      []annotation  `json:"annotations,omitempty"`
	Images           []saidImage   `json:"images,omitempty"` // not in the definition: OpenRouter's
	ToolCalls        []wireCall    `json:"tool_calls,omitempty"`
	FunctionCall     *functionCall `json:"function_call,omitempty"`
}

type saidImage struct {
	Type     string  `json:"type"`
	ImageURL wireURL `json:"image_url"`
}

type usage struct {
	Prompt     int64            `json:"prompt_tokens"`
	Completion int64            `json:"completion_tokens"`
	Total      int64            `json:"total_tokens"`
	PromptOf   promptDetails    `json:"prompt_tokens_details"`
	OutputOf   completionDetail `json:"completion_tokens_details"`
}

type promptDetails struct {
	Cached  int64 `json:"cached_tokens"`
	Written int64 `json:"cache_write_tokens,omitempty"`
}

type completionDetail struct {
	Reasoning int64 `json:"reasoning_tokens"`
}

// usageOf says the figures as OpenAI counts: the prompt with what was cached, the output with the reasoning (case 55).
func usageOf(u protocol.Usage) *usage {
	return &usage{Prompt: u.Prompt(), Completion: u.Output, Total: u.Prompt() + u.Output,
		PromptOf: promptDetails{Cached: u.CacheRead, Written: u.CacheWrite + u.CacheWrite1h}, OutputOf: completionDetail{u.Reasoning}}
}

// EncodeReply writes a CreateChatCompletionResponse.
func (Codec) EncodeReply(reply *conversation.Reply, r *conversation.Request) ([]byte, error) {
	if r == nil {
		r = &conversation.Request{}
	}
	out := completion{ID: first(reply.ID, newID("chatcmpl-")), Object: "chat.completion", Created: reply.Created,
		Model: first(reply.Model, r.Model), Tier: tiers[reply.ServiceTier], Choices: []saidChoice{}}
	if out.Created <= 0 {
		out.Created = time.Now().Unix()
	}
	if reply.HasUsage {
		out.Usage = usageOf(reply.Usage)
	}
	for i, c := range reply.Choices {
		m := say(c.Parts, r.Functions)
		var likely saidProbs
		for _, p := range c.Parts {
			if t, is := p.(*conversation.Text); is {
				likely = append(likely, t.LogProbs...)
			}
		}
		out.Choices = append(out.Choices, saidChoice{Index: i, Message: m, LogProbs: likely,
			Finish: finishOf(c.Finish.Reason, len(m.ToolCalls) > 0 || m.FunctionCall != nil, m.Refusal != nil, r.Functions)})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&out); err != nil {
		return nil, unreadable("the answer cannot be written: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// finishOf is OpenAI's word for why the model stopped. Words of refusal end with "stop", as OpenAI's own do.
func finishOf(reason conversation.Reason, calls, refusal, legacy bool) string {
	word, known := finishes[reason]
	switch {
	case !known && calls:
		word = "tool_calls"
	case !known, reason == conversation.Refused && refusal, reason == conversation.CallsTools && !calls:
		word = "stop"
	}
	if word == "tool_calls" && legacy {
		return "function_call"
	}
	return word
}

// say writes one choice's message.
func say(parts []conversation.Part, legacy bool) saidMessage {
	m := saidMessage{Role: "assistant"}
	var text, refusal, thoughts strings.Builder
	length := 0 // of the text, in characters
	for _, p := range parts {
		switch p := p.(type) {
		case *conversation.Text:
			for _, c := range p.Citations {
				if c.URL != "" {
					m.Annotations = append(m.Annotations, annotate(c, length))
				}
			}
			text.WriteString(p.Text)
			length += utf8.RuneCountInString(p.Text)
		case *conversation.Refusal:
			refusal.WriteString(p.Text)
		case *conversation.Thinking:
			if thoughts.Len() > 0 && p.Text != "" {
				thoughts.WriteString("\n\n")
			}
			thoughts.WriteString(p.Text)
		case *conversation.Media:
			if p.Kind == conversation.Image && (p.Data != "" || p.URL != "") {
				m.Images = append(m.Images, saidImage{"image_url", wireURL{URL: media.URL(p, "image/png")}})
			}
		case *conversation.ToolCall:
			if !toolnames.Callable(p.Kind) {
				continue
			}
			c := sayCall(p)
			if legacy && m.FunctionCall == nil && c.Function != nil {
				m.FunctionCall = c.Function // there was room for one
			} else if !legacy {
				m.ToolCalls = append(m.ToolCalls, c)
			}
		}
	}
	m.ReasoningContent = thoughts.String()
	if refusal.Len() > 0 {
		words := refusal.String()
		m.Refusal = &words
	}
	if text.Len() > 0 || m.Refusal == nil && len(m.ToolCalls) == 0 && m.FunctionCall == nil {
		words := text.String()
		m.Content = &words
	}
	return m
}

func annotate(c conversation.Citation, offset int) annotation {
	a := annotation{Type: "url_citation", URL: urlCitation{URL: c.URL, Title: first(c.Title, c.URL)}}
	if c.To > c.From {
		a.URL.Start, a.URL.End = offset+c.From, offset+c.To
	}
	return a
}

func sayCall(c *conversation.ToolCall) wireCall {
	w := wireCall{ID: first(c.ID, newID("call_")), Type: "function"}
	if c.Kind == conversation.Custom {
		w.Type, w.Custom = "custom", &customCall{Name: c.Name, Input: c.Arguments}
	} else {
		w.Function = &functionCall{Name: c.Name, Arguments: c.Arguments}
		if trim(c.Arguments) == "" {
			w.Function.Arguments = "{}"
		}
	}
	if c.Signature != "" && c.Origin == protocol.Gemini {
		w.Extra = signed(c.Signature) // where Google's own endpoint has it, so that clients that know it send it back
	}
	return w
}

func trim(s string) string { return strings.TrimSpace(s) }

// newID is an id in OpenAI's form.
func newID(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return prefix + string(b[:])
}
