package gemini

import (
	"testing"

	conv "metapi/backend/protocol/conversation"
	"metapi/build/imitation"
)

// Whatever goes wrong with a stream, what a client of this protocol gets for it does not pass for whole; and what goes right does.
func TestFaultsOfTheVendor(t *testing.T) {
	const name = "gemini-2.5-flash"
	v, client := newImitation(t, name)
	body, _, err := Codec{}.EncodeRequest(&conv.Request{Messages: []conv.Message{user("say something long enough to be cut")}}, conv.Target{Model: name})
	if err != nil {
		t.Fatal(err)
	}
	for kind, whole := range map[imitation.FaultKind]bool{imitation.ErrorIn200: false, imitation.RelayErrorIn: false, imitation.CodeErrorIn: false, imitation.HTMLWall: false,
		imitation.EmptyBody: false, imitation.ErrorFirst: false, imitation.ErrorMid: false, imitation.CutMid: false, imitation.CutEnd: false, imitation.TruncatedJSON: false,
		imitation.DupFinish: true, "none": true} {
		for _, method := range []string{"streamGenerateContent?alt=sse", "generateContent"} {
			t.Run(string(kind)+" "+method, func(t *testing.T) {
				if kind != "none" {
					v.Fault(imitation.Fault{Kind: kind})
				}
				_, answer := post(t, v, client, name, method, body)
				if method == "generateContent" {
					reply, err := Codec{}.DecodeReply(answer)
					if (err == nil) != whole {
						t.Errorf("%v %s", err, show(reply))
					}
					return
				}
				events, err := readStream(answer)
				if (err == nil) != whole {
					t.Errorf("%v: %s", err, answer)
				}
				_, failed := datas(t, write(nil, events...))
				if (failed == nil) != whole {
					t.Errorf("written as whole: %v", failed == nil)
				}
			})
		}
	}
}
