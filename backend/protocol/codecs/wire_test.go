package codecs_test

import (
	"bytes"
	"io"
	"regexp"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/dialects"
	"metapi/backend/protocol/internal/definition"
	"metapi/backend/protocol/sse"
)

// wire says by which definition a client's protocol has a whole reply, an event of a stream, and an error. The definitions of errors are in
// testdata: ErrorResponse of OpenAI's OpenAPI document, of Anthropic's SDK, and google.rpc.Status as the Generative Language API writes it.
var (
	errorsOf = definition.In("testdata/errors.schema.json")

	wire = map[protocol.Protocol]struct {
		file         *definition.File
		whole, event string
	}{
		chat:      {definition.In("../openaichat/testdata/definition.json"), "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
		responses: {definition.In("../openairesponses/testdata/responses.schema.json"), "Response", "ResponseStreamEvent"},
		anthropic: {definition.In("../anthropic/testdata/reply.schema.json"), "Message", "RawMessageStreamEvent"},
		gemini:    {definition.In("../gemini/testdata/reply.schema.json"), "", ""},
	}
)

// answers are what a model may say beside plain text: each is written for each client, whole and streamed, and held against its vendor's
// definition.
var answers = map[string]struct {
	ask     conversation.Request
	choices []conversation.Choice
}{
	"nothing at all":    {choices: []conversation.Choice{{Finish: conversation.Finish{Reason: conversation.Stopped}}}},
	"cut before a word": {choices: []conversation.Choice{{Finish: conversation.Finish{Reason: conversation.MaxTokens}}}},
	"a refusal": {choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Refusal{Text: "I will not."}},
		Finish: conversation.Finish{Reason: conversation.Refused}}}},
	"a filter's refusal": {choices: []conversation.Choice{{Finish: conversation.Finish{Reason: conversation.Refused}}}},
	"logprobs": {ask: conversation.Request{LogProbs: true}, choices: []conversation.Choice{{
		Parts:  []conversation.Part{&conversation.Text{Text: "Hi you", LogProbs: likely}, &conversation.Text{Text: "!", LogProbs: []conversation.LogProb{{Token: "!", Value: -9999, Bytes: []byte{33}}}}},
		Finish: conversation.Finish{Reason: conversation.Stopped}}}},
	"sources": {choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Text{Text: "Größe is new.", Citations: []conversation.Citation{
		{URL: "https://a.test", Title: "A", Quote: "new", From: 6, To: 13}, {URL: "https://b.test"}, {Title: "no address"}}}}, Finish: conversation.Finish{Reason: conversation.Stopped}}}},
	"a web search": {choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.ToolCall{ID: "ws", Name: "web_search", Kind: conversation.WebSearch, Arguments: `{"query":"q"}`},
		&conversation.Text{Text: "Found."}}, Finish: conversation.Finish{Reason: conversation.Stopped}}}},
	"a custom tool's call": {ask: conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Custom, Name: "apply_patch"}}},
		choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.ToolCall{ID: "c", Name: "apply_patch", Kind: conversation.Custom, Arguments: "*** \"Begin\""}},
			Finish: conversation.Finish{Reason: conversation.CallsTools}}}},
	"parallel calls": {ask: conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f"}}},
		choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Text{Text: "Both."}, &conversation.ToolCall{ID: "a", Name: "f", Kind: conversation.Function, Arguments: "{}"},
			&conversation.ToolCall{Name: "f", Kind: conversation.Function, Arguments: `{"x":[1,null]}`}}, Finish: conversation.Finish{Reason: conversation.CallsTools}}}},
	"a call by the old name": {ask: conversation.Request{Functions: true}, choices: []conversation.Choice{{
		Parts:  []conversation.Part{&conversation.ToolCall{ID: "a", Name: "f", Kind: conversation.Function, Arguments: "{}"}},
		Finish: conversation.Finish{Reason: conversation.CallsTools}}}},
	"arguments that are no JSON": {choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.ToolCall{ID: "a", Name: "f", Kind: conversation.Function, Arguments: `{"half`}},
		Finish: conversation.Finish{Reason: conversation.MaxTokens}}}},
	"several answers": {ask: conversation.Request{N: 3}, choices: []conversation.Choice{
		{Parts: []conversation.Part{&conversation.Text{Text: "one"}}, Finish: conversation.Finish{Reason: conversation.Stopped}},
		{Parts: []conversation.Part{&conversation.Refusal{Text: "no"}}, Finish: conversation.Finish{Reason: conversation.Refused}},
		{Parts: []conversation.Part{&conversation.ToolCall{ID: "a", Name: "f", Kind: conversation.Function, Arguments: "{}"}}, Finish: conversation.Finish{Reason: conversation.CallsTools}}}},
	"tools that the client runs": {ask: *bridgedRequest(), choices: []conversation.Choice{{
		Parts: []conversation.Part{&conversation.ToolCall{ID: "a", Name: "local_shell", Kind: conversation.Function, Arguments: `{"command":["ls"]}`},
			&conversation.ToolCall{ID: "b", Name: "shell", Kind: conversation.Function, Arguments: `ls`},
			&conversation.ToolCall{ID: "c", Name: "apply_patch", Kind: conversation.Function, Arguments: `{"type":"create_file","path":"a","diff":"+a"}`},
			&conversation.ToolCall{ID: "d", Name: "tool_search", Kind: conversation.Function, Arguments: `{"query":"x"}`}},
		Finish: conversation.Finish{Reason: conversation.CallsTools}}}},
	"thinking and a picture": {ask: conversation.Request{Reasoning: conversation.Reasoning{Adaptive: true, Show: new(true)}}, choices: []conversation.Choice{{
		Parts: []conversation.Part{&conversation.Thinking{Text: "hm", Summary: true}, &conversation.Thinking{Sealed: "c2VhbA==", Origin: anthropic}, &conversation.Text{Text: "There:"},
			&conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgo="}}, Finish: conversation.Finish{Reason: conversation.Stopped}}}},
}

// bridgedRequest is of a client of Responses that runs the vendor's tools itself.
func bridgedRequest() *conversation.Request {
	r, err := codecs.Of(responses).DecodeRequest([]byte(ask(responses,
		`"tools":[{"type":"local_shell"},{"type":"shell"},{"type":"apply_patch"},{"type":"tool_search","execution":"client"}]`)), conversation.Asked{})
	if err != nil {
		panic(err)
	}
	return r
}

// What is written for a client is what its vendor's definition has, whatever a model says.
func TestAnswersAreAsTheVendorsDefine(t *testing.T) {
	usage := protocol.Usage{Input: 3, CacheRead: 2, CacheWrite: 1, Output: 5, Reasoning: 1}
	for name, a := range answers {
		for p, def := range wire {
			t.Run(name+" for a client of "+p.String(), func(t *testing.T) {
				r := a.ask
				r.Model = "m"
				reply := &conversation.Reply{Model: "m", Choices: a.choices, Usage: usage, HasUsage: true}
				body, err := codecs.Of(p).EncodeReply(reply, &r)
				if err != nil {
					t.Fatal(err)
				}
				def.file.Check(t, def.whole, standard(p, body))
				streamed := written(p, &r, conversation.Replay(reply))
				checkStream(t, p, streamed, false)
				if calls := regexp.MustCompile(`"(tool_calls|function_call|tool_use|functionCall)"`); name == "a web search" && calls.MatchString(string(body)+streamed) {
					t.Errorf("what the vendor has run is the client's to run again: %s\n%s", body, streamed)
				}
			})
		}
	}
}

// Errors, as a body and within a stream, are what the vendor's definition has, and its dialect reads them as what they are.
func TestErrorsAreAsTheVendorsDefine(t *testing.T) {
	for _, kind := range []protocol.Kind{protocol.BadRequest, protocol.ContextTooLong, protocol.ContentPolicy, protocol.TooLarge, protocol.KeyRefused, protocol.Unauthorized,
		protocol.Forbidden, protocol.OutOfMoney, protocol.ModelNotFound, protocol.NotFound, protocol.RateLimited, protocol.Overloaded, protocol.ServerError, protocol.Timeout,
		protocol.Network, protocol.Wall, protocol.BadReply, protocol.Unsupported, protocol.Unavailable} {
		for p := range wire {
			e := &protocol.Error{Kind: kind, Message: "It is \"so\"\nand so.", Param: "messages"}
			t.Run(string(kind)+" for a client of "+p.String(), func(t *testing.T) {
				status, body := dialects.Of(p).Error(e)
				if status < 400 {
					t.Errorf("status %d", status)
				}
				errorsOf.Check(t, p.String(), body)
				checkStream(t, p, string(dialects.Of(p).StreamError(e)), true)
				checkStream(t, p, written(p, &conversation.Request{Model: "m"}, []conversation.Event{&conversation.Start{}, &conversation.PartStart{Part: &conversation.Text{}},
					&conversation.Delta{Text: "a"}, &conversation.Fault{Err: e}}), true)
			})
		}
	}
}

// standard is a body without what compatible vendors have added to a definition, and clients look for.
func standard(p protocol.Protocol, body []byte) []byte {
	if p == chat {
		// The definition of a chunk has not heard of custom tools yet, which OpenAI streams so.
		body = bytes.ReplaceAll(body, []byte(`"type":"custom","custom":{"name":"apply_patch","input":""}`), []byte(`"type":"function","function":{}`))
		body = bytes.ReplaceAll(body, []byte(`{"index":0,"custom":{"input":"*** \"Begin\""}}`), []byte(`{"index":0}`))
		for _, beside := range []string{`"reasoning_content":"hm",`, `,"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]`} {
			body = bytes.ReplaceAll(body, []byte(beside), nil)
		}
		body = bytes.ReplaceAll(body, []byte(`"delta":{"reasoning_content":"hm"}`), []byte(`"delta":{}`))
		body = bytes.ReplaceAll(body, []byte(`"delta":{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}`), []byte(`"delta":{}`))
	}
	return body
}

// checkStream holds each event of a stream against its definition. The last one is an error, or none is.
func checkStream(t *testing.T, p protocol.Protocol, stream string, failed bool) {
	t.Helper()
	in := sse.NewReader(bytes.NewReader([]byte(stream)), 1<<20)
	wrong := false
	for {
		e, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Data) == 0 || string(e.Data) == "[DONE]" {
			continue
		}
		if wrong {
			t.Errorf("after the error: %s", e.Data)
		}
		var seen protocol.Reply
		if wrong = dialects.Of(p).Event(e.Name, e.Data, &seen) == protocol.Failed; wrong && p != responses {
			errorsOf.Check(t, p.String(), e.Data)
			continue
		}
		wire[p].file.Check(t, wire[p].event, standard(p, e.Data))
	}
	if wrong != failed {
		t.Errorf("an error at the end: %v, want %v\n%s", wrong, failed, stream)
	}
}
