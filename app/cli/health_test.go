//go:build unix

package cli_test

import (
	"testing"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// How accounts have done is shown, a cooldown can be cleared, and what is probed can be chosen; without an instance, too, each says something of use.
func TestAccountsHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("accounts", "health").ends(0).says("metapi serve")
	a := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-aaaa-0123456789"), imitation.WithModels("gpt-4o"))
	b := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-bbbb-0123456789"), imitation.WithModels("gpt-4o"))
	i := w.serve()
	w.account(a, "A")
	w.account(b, "B")
	key := w.key("script")
	i.chat(key, "gpt-4o", "").is(t, 200)
	a.Fault(imitation.Fault{Kind: imitation.Status402, Times: 1})
	i.chat(key, "gpt-4o", "").is(t, 200)
	w.run("accounts", "health").ends(0).says("ANSWERED", "50.0 %", "100.0 %", "an empty balance 50.0 %", "after an empty balance, for ")
	w.run("accounts", "health", "b").ends(0).says("100.0 %")
	w.run("accounts", "health", "nobody").ends(4)
	var health client.Health
	w.run("accounts", "health", "--json").ends(0).json(&health)
	if len(health.Accounts) != 2 || len(health.Deployments) != 2 || len(health.Accounts[0].Cooling) != 1 {
		t.Errorf("accounts health --json says %+v", health)
	}
	w.run("accounts", "clear-cooldown", "a").ends(0).says("A may be chosen again at once", "the account for another", "an empty balance")
	w.run("accounts", "clear-cooldown", "a").ends(0).says("Nothing of A was cooling")
	w.run("accounts", "clear-cooldown", "nobody").ends(4).says("accounts list")
	w.run("status").ends(0).says("ready")

	w.run("accounts", "probes").ends(0).says("Lists of models: on", "One token of a model: off", "0 of 200 probes, $0.0000 of $0.05")
	w.run("accounts", "probes", "--models", "--per-day", "20", "--usd-per-day", "0.5").ends(0).says("One token of a model: on", "of 20 probes", "of $0.50")
	w.run("accounts", "probes", "--lists=false").ends(0).says("Lists of models: off", "One token of a model: off")
	w.run("accounts", "probes", "--per-day", "-1").ends(2).says("per_day")
}
