//go:build unix

package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// What an account has left is in the list of accounts and on its own page, where its provider tells.
func TestBalance(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/models":
			fmt.Fprint(w, `{"data":[{"id":"gpt-4o"}]}`)
		case "/v1/credits":
			fmt.Fprint(w, `{"infos":[{"left":"12.5","unit":"USD"},{"left":-3,"unit":"CNY"}]}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	w := newWorld(t)
	folder := filepath.Join(w.dir, "providers.d")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "- {id: teller, name: Teller, format: openai, base_url: " + srv.URL + "/v1, balance: [{path: /credits, list: infos, remaining: left, currency: unit}]}\n" +
		"- {id: silent, name: Silent, format: openai, base_url: " + srv.URL + "/v1}\n"
	if err := os.WriteFile(filepath.Join(folder, "own.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.with(w.secret("sk-teller-0123456789"), "accounts", "add", "--provider", "teller", "--key-stdin").ends(0)
	w.with(w.secret("sk-silent-0123456789"), "accounts", "add", "--provider", "silent", "--key-stdin").ends(0)
	w.run("accounts", "list").ends(0).says("LEFT", "12.50 USD, -3.00 CNY")
	w.run("accounts", "show", "teller").ends(0).says("12.50 USD, -3.00 CNY, told 20")
	w.run("accounts", "show", "silent").ends(0).says("not told")
	w.run("accounts", "show", "nobody").ends(4)
}
