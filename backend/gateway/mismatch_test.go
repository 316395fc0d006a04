package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/build/imitation"
)

// Case 7: a relay that answers whole where a stream was asked for, or streams where none was, has answered all the same; every client gets
// what it asked for, in its own protocol as in a translation.
func TestCase7AnswersInTheOtherWay(t *testing.T) {
	const words = "Eight words, and then a few more."
	for _, u := range upstreams {
		for _, a := range asks() {
			t.Run(fmt.Sprintf("case 7: %s at %s", a, u.proto), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, u.kind, "A")
				w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
				body, kind := silent[u.proto], "application/json"
				if !a.stream {
					reply, err := codecs.Of(u.proto).DecodeReply([]byte(body))
					if err != nil {
						t.Fatal(err)
					}
					reply.Usage, reply.HasUsage = protocol.Usage{Input: 3, Output: 9}, true
					wr := codecs.Of(u.proto).NewWriter(&conversation.Request{IncludeUsage: true})
					var b []byte
					for _, e := range conversation.Replay(reply) {
						b = wr.Write(b, e)
					}
					body, kind = string(wr.Close(b)), "text/event-stream"
				}
				v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {kind}}, Body: body})
				got := w.send(a.of(u.model))
				said, ok, errs := text(a, got.body)
				if got.status != 200 || !ok || len(errs) > 0 || said != words {
					t.Fatalf("%d, complete %v, errors %q, said %q\n%s", got.status, ok, errs, said, got.body)
				}
				if streamed := strings.HasPrefix(got.header.Get("Content-Type"), "text/event-stream"); streamed != a.stream {
					t.Errorf("header %v", got.header)
				}
				r := w.records(1)[0]
				if len(r.Attempts) != 1 || r.State != "ok" || r.Usage.Estimated != a.stream || r.Usage.Output == 0 {
					t.Errorf("booked %+v as %s", r.Usage, r.State)
				}
			})
		}
	}
}
