package codecs_test

import (
	"fmt"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// cited are answers of each vendor's model that searched the web: "Größe 🙂 is new." with the last two words from a page.
var cited = map[protocol.Protocol]struct{ whole, stream string }{
	chat: {
		`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Größe 🙂 is new.","annotations":[{"type":"url_citation","url_citation":{"start_index":8,"end_index":15,"url":"https://a.test/p","title":"A page"}}]},"finish_reason":"stop"}]}`,
		stream(`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Größe 🙂 is new."}}]}`,
			`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"start_index":8,"end_index":15,"url":"https://a.test/p","title":"A page"}}]}}]}`,
			`{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, `[DONE]`)},
	responses: {
		`{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"web_search_call","id":"ws","status":"completed","action":{"type":"search","query":"q"}},{"type":"message","id":"i","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Größe 🙂 is new.","annotations":[{"type":"url_citation","start_index":8,"end_index":15,"url":"https://a.test/p","title":"A page"}]}]}]}`,
		stream(`{"type":"response.created","response":{"id":"r","model":"m","status":"in_progress","output":[]}}`,
			`{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call","id":"ws","status":"in_progress"}}`,
			`{"type":"response.web_search_call.searching","output_index":0,"item_id":"ws"}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"web_search_call","id":"ws","status":"completed","action":{"type":"search","query":"q"}}}`,
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"i","content":[]}}`,
			`{"type":"response.content_part.added","output_index":1,"content_index":0,"item_id":"i","part":{"type":"output_text","text":"","annotations":[]}}`,
			`{"type":"response.output_text.delta","output_index":1,"content_index":0,"item_id":"i","delta":"Größe 🙂 is new."}`,
			`{"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"item_id":"i","annotation_index":0,"annotation":{"type":"url_citation","start_index":8,"end_index":15,"url":"https://a.test/p","title":"A page"}}`,
			`{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"i","content":[{"type":"output_text","text":"Größe 🙂 is new.","annotations":[{"type":"url_citation","start_index":8,"end_index":15,"url":"https://a.test/p","title":"A page"}]}]}}`,
			`{"type":"response.completed","response":{"id":"r","model":"m","status":"completed","output":[]}}`)},
	anthropic: {
		`{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a.test/p","title":"A page","encrypted_content":"x"}]},{"type":"text","text":"Größe 🙂 "},{"type":"text","text":"is new.","citations":[{"type":"web_search_result_location","url":"https://a.test/p","title":"A page","cited_text":"new","encrypted_index":"x"}]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`,
		stream(`{"type":"message_start","message":{"id":"a","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"}}`, `{"type":"content_block_stop","index":0}`,
			`{"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a.test/p","title":"A page","encrypted_content":"x"}]}}`, `{"type":"content_block_stop","index":1}`,
			`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}`, `{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Größe 🙂 "}}`, `{"type":"content_block_stop","index":2}`,
			`{"type":"content_block_start","index":3,"content_block":{"type":"text","text":"","citations":[]}}`,
			`{"type":"content_block_delta","index":3,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a.test/p","title":"A page","cited_text":"new","encrypted_index":"x"}}}`,
			`{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"is new."}}`, `{"type":"content_block_stop","index":3}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}`, `{"type":"message_stop"}`)},
	gemini: {
		`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Größe 🙂 is new."}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://a.test/p","title":"A page"}}],"groundingSupports":[{"segment":{"startIndex":13,"endIndex":20,"text":"is new."},"groundingChunkIndices":[0]}]}}],"modelVersion":"m"}`,
		stream(`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Größe 🙂 "}]}}],"modelVersion":"m"}`,
			`{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"is new."}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://a.test/p","title":"A page"}}],"groundingSupports":[{"segment":{"startIndex":13,"endIndex":20,"text":"is new."},"groundingChunkIndices":[0]}]}}],"modelVersion":"m"}`)},
}

// Case 24: an answer names its sources between all protocols, whole and streamed, and the place in the text where the protocol has one.
func TestCase24CitationsComeThrough(t *testing.T) {
	r := &conversation.Request{Model: "m"}
	for from, told := range cited {
		for _, to := range codecs.Spoken.List() {
			t.Run(fmt.Sprintf("case 24: %v to %v", from, to), func(t *testing.T) {
				for what, got := range map[string]*conversation.Text{
					"whole":    saidBy(t, to, translated(t, from, to, told.whole, r)),
					"streamed": textOf(events(t, to, written(to, r, events(t, from, told.stream)))),
				} {
					if got.Text != "Größe 🙂 is new." || len(got.Citations) != 1 {
						t.Fatalf("%s: %+v", what, got)
					}
					c := got.Citations[0]
					if c.URL != "https://a.test/p" || c.Title != "A page" {
						t.Errorf("%s: %+v", what, c)
					}
				}
			})
		}
	}
}

// The place of a citation is counted in the whole of the text that a client sees, wherever the vendor counted from.
func TestCase24PlacesOfCitations(t *testing.T) {
	r := &conversation.Request{Model: "m"}
	for from, told := range cited {
		for to, place := range map[protocol.Protocol]string{chat: `"start_index":8,"end_index":15`, gemini: `"startIndex":13,"endIndex":20`} {
			for what, got := range map[string]string{
				"whole": string(translated(t, from, to, told.whole, r)), "streamed": written(to, r, events(t, from, told.stream))} {
				want := place
				if from == anthropic && to == gemini && what == "whole" {
					want = `"partIndex":1,"endIndex":7` // within a part of its own
				}
				if !strings.Contains(got, want) {
					t.Errorf("%v to %v, %s: %s", from, to, what, got)
				}
			}
		}
	}
}
