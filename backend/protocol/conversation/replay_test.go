package conversation

import (
	"reflect"
	"testing"

	"metapi/backend/protocol"
)

// What a stream tells of a reply, put together again, is the reply.
func TestGatherOfReplay(t *testing.T) {
	want := &Reply{ID: "i", Model: "m", Created: 5, Usage: protocol.Usage{Input: 3, Output: 4}, HasUsage: true, Choices: []Choice{
		{Parts: []Part{
			&Thinking{ID: "r", Text: "hm", Summary: true, Signature: "s", Origin: protocol.Anthropic}, &Thinking{Sealed: "x", Origin: protocol.OpenAIResponses},
			&Text{Text: "a", Citations: []Citation{{URL: "https://a.test", To: 1}, {URL: "https://b.test"}}, LogProbs: []LogProb{{Token: "a", Value: -1}}},
			&ToolCall{ID: "c", Name: "f", Namespace: "n", Kind: Custom, Arguments: "{}", Signature: "g", Origin: protocol.Gemini},
			&Media{Kind: Image, Type: "image/png", Data: "AAAA"}}, Finish: Finish{Reason: CallsTools, Raw: "tool_calls"}},
		{Parts: []Part{&Refusal{Text: "no"}, &Text{}}, Finish: Finish{Reason: Refused}},
	}}
	events := Replay(want)
	if got := Gather(events); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, e := range events {
		if d, is := e.(*Delta); is && reflect.DeepEqual(*d, Delta{Choice: d.Choice}) {
			t.Error("a delta that says nothing")
		}
	}
}
