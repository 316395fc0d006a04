package gateway

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/openaichat"
)

// Whatever is edited, the rest of the body passes byte for byte.
func TestEditsChangeOnlyTheirSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(data)), 0, 6).Draw(t, "cuts")
		slices.Sort(cuts)
		var edits []edit
		var want []byte
		from := 0
		for i := 0; i+1 < len(cuts); i += 2 {
			with := rapid.StringN(0, 8, -1).Draw(t, "with")
			edits = append(edits, edit{protocol.Span{From: cuts[i], To: cuts[i+1]}, with})
			want = append(append(want, data[from:cuts[i]]...), with...)
			from = cuts[i+1]
		}
		want = append(want, data[from:]...)
		before := slices.Clone(data)
		if got := apply(data, edits); !bytes.Equal(got, want) || !bytes.Equal(data, before) {
			t.Fatalf("got %q, want %q; the body itself is now %q", got, want, data)
		}
	})
}

// include_usage is set and nothing else changes, whatever stream_options were there.
func TestIncludeUsage(t *testing.T) {
	for _, body := range []string{
		`{"model":"m","stream":true}`,
		` { "stream" : true , "model":"m" } `,
		`{"model":"m","stream":true,"stream_options":null}`,
		`{"model":"m","stream":true,"stream_options":{}}`,
		`{"model":"m","stream":true,"stream_options":{ }}`,
		`{"model":"m","stream":true,"stream_options":{"include_usage":false}}`,
		`{"model":"m","stream":true,"stream_options":{"include_obfuscation":false}}`,
		`{"model":"m","stream":true,"stream_options":{"a":{"include_usage":false},"include_usage" : false , "b":1}}`,
	} {
		peek, err := openaichat.Dialect{}.Peek([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		got := apply([]byte(body), []edit{includeUsage([]byte(body), peek.StreamOptions)})
		var was, is map[string]any
		json.Unmarshal([]byte(body), &was)
		if err := json.Unmarshal(got, &is); err != nil {
			t.Errorf("%s became %s: %v", body, got, err)
			continue
		}
		options, _ := was["stream_options"].(map[string]any)
		if options == nil {
			options = map[string]any{}
		}
		options["include_usage"] = true
		was["stream_options"] = options
		if !reflect.DeepEqual(was, is) {
			t.Errorf("%s became %s", body, got)
		}
	}
}
