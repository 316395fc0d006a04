package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/routing"
	"metapi/build/imitation"
)

func (w *world) responses(body map[string]any) (answer, map[string]any) {
	w.t.Helper()
	a := asks()[1]
	a.body = body
	got := w.send(a)
	var o map[string]any
	json.Unmarshal([]byte(got.body), &o)
	return got, o
}

func (w *world) get(method, path string) (answer, map[string]any) {
	w.t.Helper()
	r, _ := http.NewRequest(method, w.url+path, nil)
	r.Header.Set("Authorization", "Bearer "+localKey)
	got := w.do(r)
	var o map[string]any
	json.Unmarshal([]byte(got.body), &o)
	return got, o
}

// What one account stored is asked for at that account only, whatever the order of the accounts now.
func TestStoredResponsesArePinned(t *testing.T) {
	first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
	w := newWorld(t, []*imitation.Vendor{first, second})
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	_, made := w.responses(map[string]any{"model": "gpt-4o", "input": question, "background": true})
	id, _ := made["id"].(string)
	if id == "" || len(second.Calls()) != 1 {
		t.Fatalf("made %v", made)
	}
	w.records(1)
	w.live.ClearAccount("acc_0")
	firstCalls := len(first.Calls())

	if got, o := w.get("GET", "/v1/responses/"+id+"?include[]=reasoning.encrypted_content"); got.status != 200 || o["id"] != id {
		t.Errorf("retrieve: %d %s", got.status, got.body)
	}
	if got, o := w.responses(map[string]any{"model": "gpt-4o", "input": "and now?", "previous_response_id": id}); got.status != 200 || o["previous_response_id"] != id {
		t.Errorf("continue: %d %s", got.status, got.body)
	}
	if got, _ := w.get("POST", "/v1/responses/"+id+"/cancel"); got.status != 200 && got.status != 400 {
		t.Errorf("cancel: %d %s", got.status, got.body)
	}
	if n := len(first.Calls()) - firstCalls; n != 0 {
		t.Errorf("the account that does not have it was asked %d times", n)
	}

	second.Fault(imitation.Fault{Kind: imitation.Status500})
	if got, _ := w.responses(map[string]any{"model": "gpt-4o", "input": "still there?", "previous_response_id": id}); got.status/100 != 5 {
		t.Errorf("with its account down: %d %s", got.status, got.body)
	}
	if got, _ := w.responses(map[string]any{"model": "gpt-4o", "input": "still there?", "previous_response_id": id}); got.status < 400 {
		t.Errorf("with its account cooling: %d %s", got.status, got.body)
	}
	if n := len(first.Calls()) - firstCalls; n != 0 {
		t.Errorf("a blind retry: the account that does not have it was asked %d times", n)
	}
}

func TestUnknownResponseIsAskedForOnce(t *testing.T) {
	first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
	w := newWorld(t, []*imitation.Vendor{first, second})
	got, o := w.get("GET", "/v1/responses/resp_unknown")
	if got.status != 404 || o["error"] == nil || len(first.Calls()) != 1 || len(second.Calls()) != 0 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Encrypted reasoning goes back to the account that made it; when that is down it is taken out, once, and the
// conversation goes on elsewhere.
func TestEncryptedReasoning(t *testing.T) {
	first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
	w := newWorld(t, []*imitation.Vendor{first, second})
	include := []any{"reasoning.encrypted_content"}
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	got, made := w.responses(map[string]any{"model": "gpt-5", "input": question, "store": false, "include": include, "reasoning": map[string]any{"effort": "low"}})
	output, _ := made["output"].([]any)
	if got.status != 200 || !strings.Contains(got.body, "encrypted_content") {
		t.Fatalf("made %d %s", got.status, got.body)
	}
	w.records(1)
	w.live.ClearAccount("acc_0")
	input := append([]any{map[string]any{"role": "user", "content": question}}, output...)
	input = append(input, map[string]any{"role": "user", "content": "go on"})
	next := map[string]any{"model": "gpt-5", "input": input, "store": false, "include": include, "reasoning": map[string]any{"effort": "low"}}

	if got, _ := w.responses(next); got.status != 200 || len(first.Calls()) != 1 {
		t.Errorf("with its account up: %d, the other was asked %d times\n%s", got.status, len(first.Calls())-1, got.body)
	}
	second.Fault(imitation.Fault{Kind: imitation.Status500})
	got, _ = w.responses(next)
	calls := first.Calls()
	if got.status != 200 || len(calls) != 2 || strings.Contains(string(calls[1].Body), `"encrypted_content":"`) {
		t.Errorf("with its account down: %d, %d calls elsewhere\n%s", got.status, len(calls)-1, got.body)
	}
	if r := w.records(3)[2]; r.State != routing.OK || len(r.Attempts) != 2 {
		t.Errorf("recorded as %+v", r)
	}
}
