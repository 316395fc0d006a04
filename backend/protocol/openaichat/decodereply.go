package openaichat

import (
	"encoding/json"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/scan"
)

// toldMessage is a choice's message, or delta, as vendors send it.
type toldMessage struct {
	Content      json.RawMessage // a string; Mistral: parts
	Refusal      *string
	ToolCalls    []toldCall    `json:"tool_calls"`
	FunctionCall *toldFunction `json:"function_call"`
	Annotations  []annotation
	Images       []struct { // OpenRouter
		ImageURL wireURL `json:"image_url"`
	}

	ReasoningContent *string         `json:"reasoning_content"`
	Reasoning        json.RawMessage // OpenRouter, vLLM: a string
	ReasoningDetails json.RawMessage `json:"reasoning_details"`
}

type toldCall struct {
	ID       string
	Function *toldFunction
	Custom   *toldFunction
	Extra    *extraContent `json:"extra_content"`
}

type toldFunction struct {
	Name      string
	Arguments json.RawMessage
	Input     *string // of a custom tool
}

// annotation is where a part of the text is from: ChatCompletionResponseMessage.annotations.
type annotation struct {
	Type string      `json:"type"`
	URL  urlCitation `json:"url_citation"`
}

type urlCitation struct {
	Start int    `json:"start_index"`
	End   int    `json:"end_index"`
	URL   string `json:"url"`
	Title string `json:"title"`
}

// DecodeReply reads a CreateChatCompletionResponse. What the dialect takes for an error is one here.
func (Codec) DecodeReply(body []byte) (*conversation.Reply, error) {
	var seen protocol.Reply
	Dialect{}.Body(body, &seen)
	if seen.Err != nil {
		return nil, seen.Err
	}
	var in struct {
		ID      string
		Model   string
		Created float64
		Tier    string `json:"service_tier"`
		Choices []struct {
			Index   *int
			Message toldMessage
			Likely  struct {
				Content json.RawMessage
			} `json:"logprobs"`
			Finish string `json:"finish_reason"`
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, unreadable("the provider's answer is not of the form of a chat completion: " + err.Error())
	}
	reply := &conversation.Reply{ID: in.ID, Model: in.Model, Created: int64(in.Created), ServiceTier: in.Tier, Usage: seen.Usage, HasUsage: seen.HasUsage}
	for i := range in.Choices {
		c := &in.Choices[i]
		if err := brokenOff(c.Finish); err != nil {
			return nil, err
		}
		parts, err := c.Message.parts()
		if err != nil {
			return nil, err
		}
		weigh(parts, c.Likely.Content)
		choice := conversation.Choice{Parts: parts, Finish: conversation.Finish{Raw: c.Finish}}
		if n := len(reply.Choices); n > 0 && (c.Index == nil || i > 0 && in.Choices[i-1].Index != nil && *in.Choices[i-1].Index == *c.Index ||
			complements(reply.Choices[n-1].Parts, parts)) {
			reply.Choices[n-1].Parts = append(reply.Choices[n-1].Parts, parts...)
			continue
		}
		reply.Choices = append(reply.Choices, choice)
	}
	for i := range reply.Choices {
		c := &reply.Choices[i]
		c.Finish.Reason = reasonOf(c.Finish.Raw, holds(c.Parts))
	}
	return reply, nil
}

// weigh puts how likely the tokens of a message were to its text.
func weigh(parts []conversation.Part, raw json.RawMessage) {
	for _, p := range parts {
		if t, is := p.(*conversation.Text); is && len(raw) > 0 {
			c := scan.At(raw)
			t.LogProbs = openai.LogProbs(&c)
			return
		}
	}
}

// has is what a choice holds, as far as its finish reason depends on it.
type has struct{ calls, words, refusal bool }

func holds(parts []conversation.Part) (h has) {
	for _, p := range parts {
		switch p.(type) {
		case *conversation.ToolCall:
			h.calls = true
		case *conversation.Text:
			h.words = true
		case *conversation.Refusal:
			h.refusal = true
		}
	}
	return h
}

// complements reports whether two choices are one answer taken apart: one speaks, and the other calls (case 26).
func complements(a, b []conversation.Part) bool {
	x, y := holds(a), holds(b)
	return x.words && !x.calls && y.calls && !y.words || x.calls && !x.words && y.words && !y.calls
}

// reasonOf is why a model stopped, by the vendor's word and by what it said: some say "stop" for a call, or nothing at all (case 53).
func reasonOf(word string, h has) conversation.Reason {
	reason, known := reasons[word]
	if !known {
		reason = conversation.Stopped
	}
	switch {
	case h.calls && (reason == conversation.Stopped):
		return conversation.CallsTools
	case !h.calls && reason == conversation.CallsTools:
		return conversation.Stopped
	case h.refusal && reason == conversation.Stopped:
		return conversation.Refused
	}
	return reason
}

// parts puts a whole message in order: reasoning, text with its citations, refusal, pictures, calls.
func (m *toldMessage) parts() ([]conversation.Part, error) {
	parts := thinkingOf(first(deref(m.ReasoningContent), argumentsOf(m.Reasoning)), m.ReasoningDetails)
	said, err := m.content(len(parts) > 0)
	if err != nil {
		return nil, err
	}
	parts = append(parts, said...)
	if m.Refusal != nil && *m.Refusal != "" {
		parts = append(parts, &conversation.Refusal{Text: *m.Refusal})
	}
	for _, image := range m.Images {
		if picture := pictureOf(image.ImageURL.URL); picture != nil {
			parts = append(parts, picture)
		}
	}
	for i := range m.ToolCalls {
		c, err := m.ToolCalls[i].call()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if m.FunctionCall != nil && len(m.ToolCalls) == 0 {
		c, err := (&toldCall{Function: m.FunctionCall}).call()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	return parts, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// content reads what was said. thought: the reasoning is known, and no <think> is looked for.
func (m *toldMessage) content(thought bool) ([]conversation.Part, error) {
	if given(m.Content) == nil {
		return nil, nil
	}
	if m.Content[0] != '"' {
		parts, err := decodeContent(m.Content, "content")
		if err != nil {
			return nil, unreadable("the provider's answer has content of a form that is not known: " + err.(*protocol.Error).Message)
		}
		return parts, nil
	}
	text := argumentsOf(m.Content)
	var parts []conversation.Part
	if !thought {
		var inner string
		if inner, text = untag(text); inner != "" {
			parts = append(parts, &conversation.Thinking{Text: inner})
		}
	}
	if text == "" {
		return parts, nil
	}
	t := &conversation.Text{Text: text}
	for _, a := range m.Annotations {
		if a.URL.URL != "" {
			t.Citations = append(t.Citations, conversation.Citation{URL: a.URL.URL, Title: a.URL.Title, From: a.URL.Start, To: a.URL.End})
		}
	}
	return append(parts, t), nil
}

// untag takes the reasoning that a text begins with, between <think> and </think>, out of it.
func untag(text string) (inner, rest string) {
	var s splitter
	for _, p := range append(s.write(text), s.end()...) {
		if p.inner {
			inner += p.text
		} else {
			rest += p.text
		}
	}
	return inner, rest
}

// pictureOf is an image that the model made, or nil.
func pictureOf(url string) *conversation.Media {
	if mediaType, data, ok := media.Split(url); ok {
		return &conversation.Media{Kind: conversation.Image, Type: mediaType, Data: data}
	}
	if media.Web(url) {
		return &conversation.Media{Kind: conversation.Image, URL: url}
	}
	return nil
}

func (t *toldCall) call() (*conversation.ToolCall, error) {
	c := &conversation.ToolCall{ID: t.ID, Kind: conversation.Function}
	switch {
	case t.Function != nil:
		c.Name, c.Arguments = trim(t.Function.Name), argumentsOf(t.Function.Arguments)
	case t.Custom != nil:
		c.Kind, c.Name = conversation.Custom, trim(t.Custom.Name)
		if t.Custom.Input != nil {
			c.Arguments = *t.Custom.Input
		}
	}
	if c.Name == "" {
		return nil, nameless()
	}
	if c.Kind == conversation.Function && trim(c.Arguments) == "" {
		c.Arguments = "{}"
	}
	if t.Extra != nil && t.Extra.Google.ThoughtSignature != "" {
		c.Signature, c.Origin = t.Extra.Google.ThoughtSignature, protocol.Gemini
	}
	return c, nil
}

func nameless() *protocol.Error {
	return unreadable("the provider's answer calls a tool without naming it")
}
