//go:build unix

package cli_test

import (
	"strings"
	"testing"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// Each of the six modes is chosen for all and for one tool; explain says what an answer is expected to be worth and why; thumbs change that.
func TestModesAndThumbs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.serve()
	w.account(imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-aaaa-0123456789"), imitation.WithModels("gpt-4o", "gpt-4o-mini", "llama-9")), "A")
	key := w.key("script")
	w.write("routing.yaml", "models: {any: {models: [gpt-4o-mini, gpt-4o, llama-9]}}\n")
	w.until(func() bool { return strings.Contains(w.run("explain", "any").out, "gpt-4o-mini") })
	for _, mode := range []string{"failover", "balance", "latency", "cost", "quality", "auto"} {
		w.run("explain", "any:"+mode).ends(0).says("mode " + mode)
		w.run("keys", "mode", "script", mode).ends(0).says("script", mode)
		w.run("explain", "any", "--client", "script").ends(0).says("mode " + mode)
		w.run("mode", mode).ends(0).says(mode)
		w.run("explain", "any").ends(0).says("mode " + mode)
	}
	w.run("mode", "failover").ends(0)
	w.run("keys", "list").ends(0).says("auto")
	w.run("explain", "any").ends(0).says("mode failover")
	w.run("keys", "mode", "script", "all").ends(0).says("metapi mode")
	w.run("keys", "list").ends(0).says("as all")
	w.run("keys", "mode", "script", "fastest").ends(2).says(`"quality" or "auto"`)
	w.run("keys", "mode", "nobody", "cost").ends(4)
	w.run("keys", "pin", "script", "A").ends(0).says("script is pinned to a", "metapi keys unpin script")
	w.run("keys", "list").ends(0).says("pinned to")
	w.run("explain", "any", "--client", "script").ends(0).says("pinned to")
	w.run("keys", "pin", "script", "nobody").ends(4)
	w.run("keys", "unpin", "script").ends(0).says("any account again")
	w.run("keys", "list").ends(0).says("as all")

	// gpt-4o is dearer than gpt-4o-mini, and better by what is published; nobody has measured llama-9.
	r := w.run("explain", "any", "--mode", "quality").ends(0).says("GOOD", "published results", "no evidence")
	if first := strings.Index(r.out, "gpt-4o "); first < 0 || first > strings.Index(r.out, "gpt-4o-mini") {
		t.Errorf("the best is not the first:\n%s", r.out)
	}

	w.run("worth").ends(0).says("$0.20", "$2.00", "97 %")
	w.run("worth", "careful").ends(0).says("$2.00", "$20.00")
	w.run("worth", "--answer", "0.0001", "--hour", "0", "--tolerance", "90").ends(0).says("$0.0001", "$0.00", "90 %")
	if r := w.run("explain", "any", "--mode", "auto").ends(0); strings.Index(r.out, "gpt-4o-mini") > strings.Index(r.out, "gpt-4o ") {
		t.Errorf("where an answer is worth little, the dearer is the first:\n%s", r.out)
	}
	w.run("worth", "lavish").ends(2).says("thrifty")
	w.run("worth", "--answer", "-1").ends(2)

	i.chat(key, "any:quality", "").is(t, 200)
	var report client.UsageReport
	w.until(func() bool {
		w.run("usage", "--json").ends(0).json(&report)
		return len(report.Rows) == 1 && report.Rows[0].State == "ok"
	})
	id := report.Rows[0].ID
	w.run("thumb", id, "down").ends(0).says("gpt-4o")
	w.run("explain", "any", "--mode", "quality").ends(0).says("your thumbs count as 0.8")
	w.run("thumb", id, "none").ends(0).says("Taken back")
	if r := w.run("explain", "any", "--mode", "quality").ends(0); strings.Contains(r.err, "thumbs") {
		t.Errorf("a thumb that was taken back counts:\n%s", r.err)
	}
	w.run("thumb", id, "sideways").ends(2).says("up, down or none")
	w.run("thumb", "nothing", "up").ends(4)
}

func TestNotices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("notices").ends(0).says("is: on", "no money: on", "account: on", "served: on", "after: 30 minutes")
	w.run("notices", "--failovers=false", "--quiet", "5").ends(0).says("no money: on", "account: off", "after: 5 minutes")
	w.run("notices").ends(0).says("account: off", "after: 5 minutes")
	w.run("notices", "--quiet", "-1").ends(2)
}
