package codecs_test

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// likely are the tokens of every answer here, as each vendor tells them. An emoji is two tokens of OpenAI's that are no text by themselves.
var likely = []conversation.LogProb{
	{Token: "Hi", Value: -0.25, Top: []conversation.LogProb{{Token: "Hi", Value: -0.25}, {Token: "Hey", Value: -1.5}}},
	{Token: " you", Value: -0.5, Top: []conversation.LogProb{{Token: " you", Value: -0.5}, {Token: " there", Value: -2}}},
}

const (
	openAITokens = `{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.25,"bytes":[72,105]},{"token":"Hey","logprob":-1.5,"bytes":[72,101,121]}]}`
	openAIMore   = `{"token":" you","logprob":-0.5,"bytes":[32,121,111,117],"top_logprobs":[{"token":" you","logprob":-0.5,"bytes":[32,121,111,117]},{"token":" there","logprob":-2,"bytes":[32,116,104,101,114,101]}]}`
	googleTokens = `{"token":"Hi","tokenId":1,"logProbability":-0.25}`
	googleMore   = `{"token":" you","tokenId":2,"logProbability":-0.5}`
	googleTop    = `{"candidates":[{"token":"Hi","logProbability":-0.25},{"token":"Hey","logProbability":-1.5}]}`
	googleAfter  = `{"candidates":[{"token":" you","logProbability":-0.5},{"token":" there","logProbability":-2}]}`
)

var weighed = map[protocol.Protocol]struct{ whole, stream string }{
	protocol.OpenAIChat: {
		`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi you","refusal":null},"logprobs":{"content":[` + openAITokens + `,` + openAIMore + `],"refusal":null},"finish_reason":"stop"}]}`,
		stream(`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":{"content":[`+openAITokens+`],"refusal":null},"finish_reason":null}]}`,
			`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" you"},"logprobs":{"content":[`+openAIMore+`],"refusal":null},"finish_reason":null}]}`,
			`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}`, `[DONE]`)},
	protocol.OpenAIResponses: {
		`{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"i","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi you","annotations":[],"logprobs":[` + openAITokens + `,` + openAIMore + `]}]}]}`,
		stream(`{"type":"response.created","response":{"id":"r","model":"m","status":"in_progress","output":[]}}`,
			`{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","content":[]}}`,
			`{"type":"response.content_part.added","output_index":0,"content_index":0,"item_id":"i","part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"i","delta":"Hi","logprobs":[{"token":"Hi","logprob":-0.25,"top_logprobs":[{"token":"Hi","logprob":-0.25},{"token":"Hey","logprob":-1.5}]}]}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"i","delta":" you","logprobs":[{"token":" you","logprob":-0.5,"top_logprobs":[{"token":" you","logprob":-0.5},{"token":" there","logprob":-2}]}]}`,
			`{"type":"response.content_part.done","output_index":0,"content_index":0,"item_id":"i","part":{"type":"output_text","text":"Hi you","annotations":[],"logprobs":[`+openAITokens+`,`+openAIMore+`]}}`,
			`{"type":"response.completed","response":{"id":"r","model":"m","status":"completed","output":[]}}`)},
	protocol.Gemini: {
		`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Hi you"}]},"finishReason":"STOP","avgLogprobs":-0.375,"logprobsResult":{"topCandidates":[` + googleTop + `,` + googleAfter + `],"chosenCandidates":[` + googleTokens + `,` + googleMore + `]}}],"modelVersion":"m"}`,
		stream(`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Hi"}]},"logprobsResult":{"topCandidates":[`+googleTop+`],"chosenCandidates":[`+googleTokens+`]}}],"modelVersion":"m"}`,
			`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":" you"}]},"finishReason":"STOP","avgLogprobs":-0.375,"logprobsResult":{"topCandidates":[`+googleAfter+`],"chosenCandidates":[`+googleMore+`]}}],"modelVersion":"m"}`)},
}

// plain takes out of tokens the bytes that are no more than the token itself, which some protocols tell and some do not.
func plain(list []conversation.LogProb) (out []conversation.LogProb) {
	for _, l := range list {
		if string(l.Bytes) == l.Token {
			l.Bytes = nil
		}
		l.Top = plain(l.Top)
		out = append(out, l)
	}
	return out
}

// Case 49: how likely the tokens of an answer were comes through between all protocols that tell it, whole and streamed.
func TestLogProbsComeThrough(t *testing.T) {
	r := &conversation.Request{Model: "m", LogProbs: true}
	check := func(t *testing.T, what string, got *conversation.Text) {
		t.Helper()
		if got.Text != "Hi you" || !reflect.DeepEqual(plain(got.LogProbs), likely) {
			t.Errorf("%s: %q %+v", what, got.Text, got.LogProbs)
		}
	}
	for from, told := range weighed {
		check(t, from.String(), saidBy(t, from, []byte(told.whole)))
		check(t, from.String()+" streamed", textOf(events(t, from, told.stream)))
		for to := range weighed {
			t.Run("case 49: "+from.String()+" to "+to.String(), func(t *testing.T) {
				check(t, "whole", saidBy(t, to, translated(t, from, to, told.whole, r)))
				check(t, "streamed", textOf(events(t, to, written(to, r, events(t, from, told.stream)))))
			})
		}
		for _, got := range []*conversation.Text{saidBy(t, protocol.Anthropic, translated(t, from, protocol.Anthropic, told.whole, r)),
			textOf(events(t, protocol.Anthropic, written(protocol.Anthropic, r, events(t, from, told.stream))))} {
			if got.Text != "Hi you" || got.LogProbs != nil {
				t.Errorf("%v to Anthropic: %+v", from, got)
			}
		}
	}
}

// A token that is no text by itself, as half an emoji is, keeps its bytes between OpenAI's protocols.
func TestBytesOfTokensComeThrough(t *testing.T) {
	body := `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"🙂"},"logprobs":{"content":[` +
		`{"token":"\\xf0\\x9f","logprob":-9999.0,"bytes":[240,159],"top_logprobs":[]},{"token":"\\x99\\x82","logprob":-1e-7,"bytes":[153,130],"top_logprobs":[]}]},"finish_reason":"stop"}]}`
	got := saidBy(t, protocol.OpenAIResponses, translated(t, protocol.OpenAIChat, protocol.OpenAIResponses, body, &conversation.Request{}))
	var all []byte
	for _, l := range got.LogProbs {
		all = append(all, l.Bytes...)
	}
	if string(all) != "🙂" || got.LogProbs[0].Value != -9999 || math.Abs(got.LogProbs[1].Value) > 1e-6 {
		t.Errorf("%+v", got.LogProbs)
	}
}

// Logprobs are asked for wherever they can be told, and refused by name where they cannot: what reads them from the answer would miss them.
func TestLogProbsAreAskedFor(t *testing.T) {
	asked := map[protocol.Protocol]string{
		protocol.OpenAIChat:      `{"model":"m","messages":[{"role":"user","content":"x"}],"logprobs":true,"top_logprobs":2}`,
		protocol.OpenAIResponses: `{"model":"m","input":"x","include":["message.output_text.logprobs"],"top_logprobs":2}`,
		protocol.Gemini:          `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseLogprobs":true,"logprobs":2}}`,
	}
	name := map[protocol.Protocol]string{protocol.OpenAIChat: "logprobs", protocol.OpenAIResponses: "include", protocol.Gemini: "generationConfig.responseLogprobs"}
	for from, body := range asked {
		r, err := codecs.Of(from).DecodeRequest([]byte(body), conversation.Asked{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		for to := range asked {
			sent, lost, err := codecs.Of(to).EncodeRequest(r, conversation.Target{Model: "some-model"})
			if err != nil || len(lost) > 0 {
				t.Fatalf("%v to %v: %v, lost %v", from, to, err, lost)
			}
			again, err := codecs.Of(to).DecodeRequest(sent, conversation.Asked{Model: "m"})
			if err != nil || !again.LogProbs || again.TopLogProbs == nil || *again.TopLogProbs != 2 {
				t.Errorf("%v to %v: %v\n%s", from, to, err, sent)
			}
		}
		_, _, err = codecs.Of(protocol.Anthropic).EncodeRequest(r, conversation.Target{Model: "claude-sonnet-4-5"})
		var e *protocol.Error
		if !errors.As(err, &e) || conversation.InWords(e, from).Param != name[from] {
			t.Errorf("%v to Anthropic: %v", from, err)
		}
	}
}
