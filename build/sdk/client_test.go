package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

// client is the SDK's, with a note of what went over the wire.
type client struct {
	openai.Client
	wire *wire
}

// call is one request that Metapi answered, and what its client was told.
type call struct {
	id       string
	path     string
	status   int
	attempts string
	header   http.Header
	told     *tokens
}

// wire notes the calls of all clients.
type wire struct {
	mu    sync.Mutex
	calls []*call
	lost  int // given up before they were answered
}

func (w *wire) note(r *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	res, err := next(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.lost++
		return res, err
	}
	if id := res.Header.Get("X-Metapi-Request-Id"); id != "" {
		w.calls = append(w.calls, &call{id, r.URL.Path, res.StatusCode, res.Header.Get("X-Metapi-Attempts"), res.Header, nil})
	}
	return res, nil
}

func (w *wire) last() *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[len(w.calls)-1]
}

func (w *world) client(wire *wire, key string) client {
	return client{openai.NewClient(option.WithAPIKey(key), option.WithBaseURL(w.url+"/v1"), option.WithMaxRetries(0),
		option.WithMiddleware(wire.note)), wire}
}

// query is a conversation, in no API's form.
type query struct {
	model    string
	turns    []turn
	tool     bool // offers get_weather
	stream   bool
	previous string // a response id
	sealed   bool   // wants the reasoning sealed instead of stored
	think    bool
	bogus    bool // says what no vendor knows
	onText   func(string)
}

// turn is a user's text, a tool's result, or what ask gave back as raw.
type turn struct {
	user           string
	result, callID string
	raw            any
}

type answer struct {
	id, text, thinking string
	name, args, callID string // of a tool call
	sealed             string // encrypted reasoning
	raw                any
}

// api is one of OpenAI's that answers with text. Each ask notes the usage that it was told with the call.
type api struct {
	name string
	ask  func(context.Context, client, query) (answer, error)
}

var apis = []api{{"chat", askChat}, {"responses", askResponses}}

var weatherSchema = map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
	"required": []string{"city"}}

func (q query) options() (opts []option.RequestOption) {
	if q.bogus {
		opts = append(opts, option.WithJSONSet("bogus", 1))
	}
	return opts
}

func (q query) heard(delta string) {
	if q.onText != nil && delta != "" {
		q.onText(delta)
	}
}

func askChat(ctx context.Context, c client, q query) (answer, error) {
	p := openai.ChatCompletionNewParams{Model: q.model}
	for _, t := range q.turns {
		switch {
		case t.user != "":
			p.Messages = append(p.Messages, openai.UserMessage(t.user))
		case t.callID != "":
			p.Messages = append(p.Messages, openai.ToolMessage(t.result, t.callID))
		default:
			p.Messages = append(p.Messages, t.raw.(openai.ChatCompletionMessage).ToParam())
		}
	}
	if q.tool {
		p.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: "get_weather", Parameters: weatherSchema})}
	}
	var r openai.ChatCompletion
	if q.stream {
		p.StreamOptions.IncludeUsage = openai.Bool(true)
		s := c.Chat.Completions.NewStreaming(ctx, p, q.options()...)
		defer s.Close()
		var acc openai.ChatCompletionAccumulator
		for s.Next() {
			if !acc.AddChunk(s.Current()) {
				return answer{}, fmt.Errorf("the SDK cannot add up chunk %s", s.Current().RawJSON())
			}
			if choices := s.Current().Choices; len(choices) > 0 {
				q.heard(choices[0].Delta.Content)
			}
		}
		if s.Err() != nil {
			return answer{}, s.Err()
		}
		r = acc.ChatCompletion
	} else {
		got, err := c.Chat.Completions.New(ctx, p, q.options()...)
		if err != nil {
			return answer{}, err
		}
		r = *got
	}
	if len(r.Choices) != 1 || r.Choices[0].FinishReason == "" {
		return answer{}, fmt.Errorf("no finished choice: %+v", r.Choices)
	}
	in, out := r.Usage.PromptTokensDetails, r.Usage.CompletionTokensDetails
	c.wire.last().told = &tokens{r.Usage.PromptTokens - in.CachedTokens - in.CacheWriteTokens, in.CachedTokens, in.CacheWriteTokens,
		r.Usage.CompletionTokens, out.ReasoningTokens}
	m := r.Choices[0].Message
	a := answer{id: r.ID, text: m.Content, raw: m}
	for _, k := range m.ToolCalls {
		a.name, a.args, a.callID = k.Function.Name, k.Function.Arguments, k.ID
	}
	return a, nil
}

func askResponses(ctx context.Context, c client, q query) (answer, error) {
	p := responses.ResponseNewParams{Model: q.model}
	for _, t := range q.turns {
		switch {
		case t.user != "":
			p.Input.OfInputItemList = append(p.Input.OfInputItemList,
				responses.ResponseInputItemParamOfMessage(t.user, responses.EasyInputMessageRoleUser))
		case t.callID != "":
			item := responses.ResponseInputItemParamOfFunctionCallOutput(t.result)
			item.OfFunctionCallOutput.CallID = openai.String(t.callID)
			p.Input.OfInputItemList = append(p.Input.OfInputItemList, item)
		default:
			for _, item := range t.raw.([]responses.ResponseOutputItemUnion) {
				p.Input.OfInputItemList = append(p.Input.OfInputItemList,
					param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(item.RawJSON())))
			}
		}
	}
	if q.tool {
		p.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction("get_weather", weatherSchema, false)}
	}
	if q.previous != "" {
		p.PreviousResponseID = openai.String(q.previous)
	}
	if q.think {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffortLow, Summary: shared.ReasoningSummaryAuto}
	}
	if q.sealed {
		p.Store, p.Include = openai.Bool(false), []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent}
	}
	var r responses.Response
	arguments := "" // as they were streamed
	if q.stream {
		s := c.Responses.NewStreaming(ctx, p, q.options()...)
		defer s.Close()
		for s.Next() {
			switch e := s.Current().AsAny().(type) {
			case responses.ResponseTextDeltaEvent:
				q.heard(e.Delta)
			case responses.ResponseFunctionCallArgumentsDeltaEvent:
				arguments += e.Delta
			case responses.ResponseCompletedEvent:
				r = e.Response
			}
		}
		if s.Err() != nil {
			return answer{}, s.Err()
		}
	} else {
		got, err := c.Responses.New(ctx, p, q.options()...)
		if err != nil {
			return answer{}, err
		}
		r = *got
	}
	if r.Status != responses.ResponseStatusCompleted {
		return answer{}, fmt.Errorf("the response ended as %q", r.Status)
	}
	in, out := r.Usage.InputTokensDetails, r.Usage.OutputTokensDetails
	c.wire.last().told = &tokens{r.Usage.InputTokens - in.CachedTokens - in.CacheWriteTokens, in.CachedTokens, in.CacheWriteTokens,
		r.Usage.OutputTokens, out.ReasoningTokens}
	a := answer{id: r.ID, text: r.OutputText(), raw: r.Output}
	for _, item := range r.Output {
		switch item := item.AsAny().(type) {
		case responses.ResponseReasoningItem:
			a.sealed = item.EncryptedContent
			for _, s := range item.Summary {
				a.thinking += s.Text
			}
		case responses.ResponseFunctionToolCall:
			a.name, a.args, a.callID = item.Name, item.Arguments, item.CallID
			if q.stream && arguments != item.Arguments {
				return a, fmt.Errorf("the streamed arguments %q are not those of the end, %q", arguments, item.Arguments)
			}
		}
	}
	return a, nil
}
