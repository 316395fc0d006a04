package openaiplain

import (
	"slices"
	"testing"

	"metapi/backend/protocol"
)

func TestPeek(t *testing.T) {
	for _, c := range []struct {
		d      Dialect
		body   string
		model  string
		stream bool
		refs   []protocol.Ref
	}{
		{Images, `{"model":"gpt-image-1","prompt":"a","stream":true}`, "gpt-image-1", true, nil},
		{Audio, `{"model":"tts-1","input":"a","stream_format":"sse"}`, "tts-1", true, nil},
		{Audio, `{"model":"tts-1","input":"a","stream_format":"audio"}`, "tts-1", false, nil},
		{Moderations, `{"input":"a"}`, "", false, nil},
		{Moderations, `{"input":"a","model":"x"}`, "x", false, nil},
		{Batches, `{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}`, "", false, []protocol.Ref{{Kind: protocol.FileRef, ID: "file-1"}}},
	} {
		p, err := c.d.Peek([]byte(c.body))
		if err != nil || p.Model != c.model || p.Stream != c.stream || !slices.Equal(p.Refs, c.refs) {
			t.Errorf("%s: %+v, %v", c.body, p, err)
		}
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, data   string
		class        protocol.Class
		done, finish bool
		usage        int64
	}{
		{"", `{"type":"image_generation.partial_image","b64_json":"QQ==","partial_image_index":0}`, protocol.Meaningful, false, false, 0},
		{"", `{"type":"image_generation.completed","b64_json":"QQ==","usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}`, protocol.Final, false, true, 5},
		{"", `{"type":"image_edit.completed","b64_json":"QQ=="}`, protocol.Final, false, true, 0},
		{"", `{"type":"speech.audio.delta","audio":"QQ=="}`, protocol.Meaningful, false, false, 0},
		{"", `{"type":"speech.audio.done","usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}`, protocol.Final, true, true, 3},
		{"", `{"type":"transcript.text.delta","delta":"a"}`, protocol.Meaningful, false, false, 0},
		{"", `{"type":"transcript.text.segment","text":"a"}`, protocol.Meaningful, false, false, 0},
		{"", `{"type":"transcript.text.done","text":"a","usage":{"type":"duration","seconds":3}}`, protocol.Final, true, true, 0},
		{"", `[DONE]`, protocol.Final, true, false, 0},
		{"", `{"type":"something.new","x":1}`, protocol.Quiet, false, false, 0},
		{"", `{"type":"error","error":{"message":"no"}}`, protocol.Failed, false, false, 0},
		{"error", `{"message":"no"}`, protocol.Failed, false, false, 0},
		{"", `{"error":{"message":"no"}}`, protocol.Failed, false, false, 0},
		{"", `{"type":"image_generation.partial_image","b64`, protocol.Failed, false, false, 0},
	} {
		for _, d := range []Dialect{Images, Audio} {
			var r protocol.Reply
			class := d.Event([]byte(c.name), []byte(c.data), &r)
			if class != c.class || r.Done != c.done || (r.Finish != "") != c.finish || r.Usage.Input != c.usage || (r.Err != nil) != (class == protocol.Failed) {
				t.Errorf("%s: %d, %+v", c.data, class, r)
			}
		}
	}
}

func TestBodies(t *testing.T) {
	file := func(id string) protocol.Ref { return protocol.Ref{Kind: protocol.FileRef, ID: id} }
	batch := func(id string) protocol.Ref { return protocol.Ref{Kind: protocol.BatchRef, ID: id} }
	for _, c := range []struct {
		d      Dialect
		body   string
		kind   protocol.Kind // "": it is what was asked for
		issued []protocol.Ref
		usage  int64
	}{
		{Images, `{"created":1,"data":[{"b64_json":"QQ=="}],"usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}`, "", nil, 5},
		{Images, `{"created":1,"data":[]}`, protocol.BadReply, nil, 0},
		{Images, `{"error":{"message":"quota exceeded"}}`, protocol.OutOfMoney, nil, 0},
		{Audio, `{"text":"hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":4,"total_tokens":18}}`, "", nil, 14},
		{Audio, `{"text":""}`, "", nil, 0},
		{Audio, "1\n00:00:00,000 --> 00:00:01,000\nhello\n", "", nil, 0},
		{Audio, "\n", "", nil, 0}, // silence
		{Audio, "", protocol.BadReply, nil, 0},
		{Audio, "<!doctype html><html></html>", protocol.Wall, nil, 0},
		{Audio, `{"task":"transcribe"}`, protocol.BadReply, nil, 0},
		{Moderations, `{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}`, "", nil, 0},
		{Moderations, `{"results":[]}`, protocol.BadReply, nil, 0},
		{Rerank, `{"results":[{"index":0,"relevance_score":0.9}],"usage":{"total_tokens":15}}`, "", nil, 15},
		{Rerank, `{"id":"x","results":[{"index":0,"relevance_score":0.9}],"meta":{"billed_units":{"search_units":1}}}`, "", nil, 0},
		{Rerank, `{"detail":"no such model"}`, protocol.ModelNotFound, nil, 0},
		{Files, `{"id":"file-1","object":"file","bytes":3,"filename":"a","purpose":"batch"}`, "", []protocol.Ref{file("file-1")}, 0},
		{Files, `{"object":"list","data":[{"id":"file-1"},{"id":"file-2"}],"has_more":false}`, "", []protocol.Ref{file("file-1"), file("file-2")}, 0},
		{Files, `{"object":"list","data":[]}`, "", nil, 0},
		{Files, `{"hello":1}`, protocol.BadReply, nil, 0},
		{Batches, `{"id":"batch_1","object":"batch","input_file_id":"file-1","output_file_id":"file-2","error_file_id":null,"errors":null}`, "",
			[]protocol.Ref{batch("batch_1"), file("file-1"), file("file-2")}, 0},
		{Batches, `{"object":"list","data":[{"id":"batch_1","output_file_id":"file-2"}]}`, "", []protocol.Ref{batch("batch_1"), file("file-2")}, 0},
		{Embeddings, `{"data":[{"embedding":[0.1]}],"usage":{"total_tokens":8}}`, "", nil, 8},
	} {
		var r protocol.Reply
		c.d.Body([]byte(c.body), &r)
		kind := protocol.Kind("")
		if r.Err != nil {
			kind = r.Err.Kind
		}
		if kind != c.kind || r.Done != (kind == "") || !slices.Equal(r.Issued, c.issued) || r.Usage.Input != c.usage {
			t.Errorf("%s, %s: %q, %+v", c.d.of, c.body, kind, r)
		}
	}
}
