package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// upload stores a file, at the account of that slug if there is one, and returns its id.
func (w *world) upload(content, slug string) (id string, got answer) {
	w.t.Helper()
	r := w.plain(plainCall{"/v1/files", nil, []string{"purpose", "batch", "@file", content}})
	if slug != "" {
		r.Header.Set("X-Metapi-Account", slug)
	}
	got = w.do(r)
	var o struct{ ID string }
	json.Unmarshal([]byte(got.body), &o)
	return o.ID, got
}

// A file goes to the first account that keeps files, or to the one that is named; all that is asked of it goes there, a batch made of it too,
// and a request that refers to it.
func TestFilesStayAtTheirAccount(t *testing.T) {
	first, second := shop(t, "first"), shop(t, "second")
	w := plainWorld(t, []*imitation.Vendor{vendor(t, imitation.Anthropic, "a"), first, second}, func(_ *gateway.Options, s *snapshot.Snapshot) { s.Mode = routing.Balance })
	for range 3 {
		if id, got := w.upload("mine", ""); id == "" || len(second.Calls()) != 0 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	id, got := w.upload("yours", "slug-2")
	if id == "" || len(second.Calls()) != 1 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	before := len(first.Calls())
	if got, o := w.get("GET", "/v1/files/"+id); got.status != 200 || o["id"] != id {
		t.Errorf("retrieve: %d %s", got.status, got.body)
	}
	if got, _ := w.get("GET", "/v1/files/"+id+"/content"); got.status != 200 || got.body != "yours" || got.header.Get("Content-Type") != "application/octet-stream" || got.header.Get("Content-Length") != "5" {
		t.Errorf("content: %d %q %v", got.status, got.body, got.header)
	}
	got = w.do(w.plain(plainCall{"/v1/batches", m{"input_file_id": id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}, nil}))
	var batch struct{ ID, Status, Output_file_id string }
	if json.Unmarshal([]byte(got.body), &batch); got.status != 200 || batch.Output_file_id == "" {
		t.Fatalf("batch: %d %s", got.status, got.body)
	}
	if got, o := w.get("GET", "/v1/batches/"+batch.ID); got.status != 200 || o["status"] != "completed" {
		t.Errorf("batch: %d %s", got.status, got.body)
	}
	if got, _ := w.get("GET", "/v1/files/"+batch.Output_file_id+"/content"); got.body != "done: yours" {
		t.Errorf("output: %d %s", got.status, got.body)
	}
	if got, o := w.get("POST", "/v1/batches/"+batch.ID+"/cancel"); got.status != 200 || o["status"] != "cancelled" {
		t.Errorf("cancel: %d %s", got.status, got.body)
	}
	for _, path := range []string{"/v1/chat/completions", "/v1/responses"} {
		body := m{"model": "gpt-4o", "messages": []any{m{"role": "user", "content": []any{m{"type": "file", "file": m{"file_id": id}}}}}}
		if path == "/v1/responses" {
			body = m{"model": "gpt-4o", "input": []any{m{"role": "user", "content": []any{m{"type": "input_file", "file_id": id}}}}}
		}
		if got := w.do(w.plain(plainCall{path, body, nil})); got.status != 200 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got, o := w.get("DELETE", "/v1/files/"+id); got.status != 200 || o["deleted"] != true {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got, o := w.get("GET", "/v1/files/"+id); got.status != 404 || o["error"] == nil {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	if n := len(first.Calls()) - before; n != 0 {
		t.Errorf("the account that does not have it was asked %d times", n)
	}
	for _, r := range w.records(13) {
		if !r.Usage.Zero() && r.Protocol != protocol.OpenAIChat && r.Protocol != protocol.OpenAIResponses || r.State == routing.OK && len(r.Attempts) != 1 {
			t.Errorf("%s %s: %+v", r.Protocol, r.Operation, r)
		}
	}
}

func TestFilesThatNobodyKnows(t *testing.T) {
	first, second := shop(t, "first"), shop(t, "second")
	w := plainWorld(t, []*imitation.Vendor{first, second})
	for _, path := range []string{"/v1/files/file-x", "/v1/files/file-x/content", "/v1/batches/batch_x"} {
		if got, o := w.get("GET", path); got.status != 404 || o["error"] == nil || len(second.Calls()) != 0 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if id, got := w.upload("x", "nobody"); id != "" || got.status != 400 || !strings.Contains(got.body, "there is no account") {
		t.Errorf("%d %s", got.status, got.body)
	}
	for _, c := range []plainCall{{"/v1/batches", m{"model": "gpt-4o", "input_file_id": "file-x"}, nil}, {"/v1/files", nil, []string{"model", "gpt-4o", "@file", "x", "purpose", "batch"}}} {
		w.do(w.plain(c)) // which no vendor takes, but that is for it to say
		if calls := first.Calls(); !strings.Contains(string(calls[len(calls)-1].Body), "gpt-4o") {
			t.Errorf("%s arrived as %q", c.path, calls[len(calls)-1].Body)
		}
	}
	w = plainWorld(t, []*imitation.Vendor{vendor(t, imitation.Anthropic, "a")})
	if id, got := w.upload("x", ""); id != "" || got.status != 503 || !strings.Contains(got.body, "openai-files") {
		t.Errorf("nobody keeps files: %d %s", got.status, got.body)
	}
	if id, got := w.upload("x", "slug-0"); id != "" || got.status != 400 || !strings.Contains(got.body, "openai-files") {
		t.Errorf("an account without files: %d %s", got.status, got.body)
	}
}

// An upload that fails moves on, unless it was meant for one account. A time-out may have stored it.
func TestUploadFailover(t *testing.T) {
	first, second := shop(t, "first"), shop(t, "second")
	w := plainWorld(t, []*imitation.Vendor{first, second})
	first.Fault(imitation.Fault{Kind: imitation.Status500, Times: 2})
	if id, got := w.upload("x", ""); id == "" || len(second.Calls()) != 1 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if id, got := w.upload("x", "slug-0"); id != "" || got.status != 500 || len(second.Calls()) != 1 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A list is of all accounts' files, in their order, page by page; each file can be asked for at its own.
func TestListsOfFiles(t *testing.T) {
	first, second := shop(t, "first"), shop(t, "second")
	w := plainWorld(t, []*imitation.Vendor{first, second})
	var want []string
	for i, slug := range []string{"slug-0", "slug-0", "slug-0", "slug-1", "slug-1"} {
		id, got := w.upload(fmt.Sprint("file ", i), slug)
		if id == "" {
			t.Fatal(got.body)
		}
		want = append(want, id)
	}
	w.records(5)
	clear(w.pins) // as if they had been made elsewhere: the list tells where they are
	type list struct {
		Object   string
		Data     []struct{ ID string }
		First_id *string
		Last_id  *string
		Has_more bool
	}
	ask := func(query, slug string) (ids []string, l list, got answer) {
		t.Helper()
		r, _ := http.NewRequest("GET", w.url+"/v1/files"+query, nil)
		r.Header.Set("Authorization", "Bearer "+localKey)
		if slug != "" {
			r.Header.Set("X-Metapi-Account", slug)
		}
		got = w.do(r)
		if err := json.Unmarshal([]byte(got.body), &l); err != nil || got.status != 200 || l.Object != "list" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for _, f := range l.Data {
			ids = append(ids, f.ID)
		}
		return ids, l, got
	}
	if ids, l, _ := ask("", ""); fmt.Sprint(ids) != fmt.Sprint(want) || l.Has_more || *l.First_id != want[0] || *l.Last_id != want[4] {
		t.Errorf("%v, %+v; want %v", ids, l, want)
	}
	var all []string
	for after, pages := "", 0; ; pages++ {
		ids, l, _ := ask("?limit=2"+after, "")
		if all = append(all, ids...); !l.Has_more {
			break
		}
		if len(ids) != 2 || pages > 3 {
			t.Fatalf("page %d: %v", pages, ids)
		}
		after = "&after=" + ids[1]
	}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("by pages %v; want %v", all, want)
	}
	if ids, _, _ := ask("", "slug-1"); fmt.Sprint(ids) != fmt.Sprint(want[3:]) {
		t.Errorf("of one account: %v", ids)
	}
	w.snap.Accounts[1].Blocked = "the account is paused"
	if got := w.do(get(w, "/v1/files?after="+want[3])); got.status/100 == 2 || !strings.Contains(got.body, "goes on") {
		t.Errorf("a list that goes on where nobody can be asked: %d %s", got.status, got.body)
	}
	w.snap.Accounts[1].Blocked = ""
	if got, _ := w.get("GET", "/v1/files/"+want[4]+"/content"); got.body != "file 4" {
		t.Errorf("%d %s", got.status, got.body)
	}
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	if ids, _, got := ask("", ""); fmt.Sprint(ids) != fmt.Sprint(want[3:]) || !strings.Contains(got.header.Get("X-Metapi-Incomplete"), "1") {
		t.Errorf("with an account down: %v %v", ids, got.header)
	}
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	second.Fault(imitation.Fault{Kind: imitation.Status429})
	if got, o := w.get("GET", "/v1/files"); got.status < 429 || o["error"] == nil {
		t.Errorf("with all down: %d %s", got.status, got.body)
	}
	if got, o := w.get("GET", "/v1/batches"); got.status != 200 || len(o["data"].([]any)) != 0 {
		t.Errorf("no batches: %d %s", got.status, got.body)
	}
}

// Content that breaks off does not look whole, and is nobody's to be had elsewhere.
func TestContentThatBreaksOff(t *testing.T) {
	first, second := shop(t, "first"), shop(t, "second")
	w := plainWorld(t, []*imitation.Vendor{first, second})
	id, _ := w.upload(strings.Repeat("x", 100_000), "")
	first.Fault(imitation.Fault{Kind: imitation.ResetMid})
	if got, _ := w.get("GET", "/v1/files/"+id+"/content"); got.err == nil && got.status == 200 {
		t.Errorf("%d bytes came as if they were all", len(got.body))
	}
	first.Fault(imitation.Fault{Kind: imitation.HTMLWall})
	if got, o := w.get("GET", "/v1/files/"+id+"/content"); got.status != 502 || o["error"] == nil || len(second.Calls()) != 0 {
		t.Errorf("%d %.200s", got.status, got.body)
	}
	id, _ = w.upload("<!DOCTYPE html><p>mine", "") // what is in a file may be a page
	if got, _ := w.get("GET", "/v1/files/"+id+"/content"); got.status != 200 || got.body != "<!DOCTYPE html><p>mine" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got, _ := w.get("HEAD", "/v1/files/"+id+"/content"); got.status != 200 || got.body != "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
