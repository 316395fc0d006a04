package backend_test

import (
	"slices"
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/freeport"
	"metapi/build/imitation"
)

// house is an instance with two accounts that offer the same model, and a local key.
type house struct {
	*client.Client
	t              *testing.T
	dir, addr      string
	key            string
	va, vb         *imitation.Vendor
	a, b           client.Account
	b0             *backend.Backend
	stop           func() error
	callsA, callsB int // so far
}

func newHouse(t *testing.T, o ...imitation.Option) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.b0 = open(t, h.dir)
	var st client.Status
	st, h.stop = serve(t, h.b0, backend.ServeOptions{})
	h.addr = st.Addresses[0]
	h.Client = client.InProcess(h.b0.Handler())
	models := imitation.WithModels("gpt-4o")
	h.va = imitation.New(t, imitation.OpenAI, append(o, models, imitation.WithKey("sk-proj-aaaa-0123456789"))...)
	h.vb = imitation.New(t, imitation.OpenAI, append(o, models, imitation.WithKey("sk-proj-bbbb-0123456789"))...)
	h.a, h.b = add(t, h.Client, h.va, "First"), add(t, h.Client, h.vb, "Second")
	h.key = must(h.AddClient(t.Context(), "script"))(t).Key
	return h
}

// serves makes one request and tells which account served it: "a", "b", or "" with another status than 200.
func (h *house) serves() string {
	h.t.Helper()
	status := call(h.t, h.addr, h.key, "gpt-4o")
	a, b := len(h.va.Calls()), len(h.vb.Calls())
	defer func() { h.callsA, h.callsB = a, b }()
	switch {
	case status != 200:
		return ""
	case b > h.callsB:
		return "b"
	case a > h.callsA:
		return "a"
	}
	return "nobody"
}

func (h *house) standing(id string) client.AccountStanding {
	h.t.Helper()
	st := must(h.Status(h.t.Context()))(h.t)
	i := slices.IndexFunc(st.Accounts, func(s client.AccountStanding) bool { return s.ID == id })
	if i < 0 {
		h.t.Fatalf("status does not know %s", id)
	}
	return st.Accounts[i]
}

func TestRenameAccount(t *testing.T) {
	h := newHouse(t)
	name := "  Arbeit ✓ "
	a := must(h.EditAccount(t.Context(), "first", client.EditAccount{Name: &name}))(t)
	if a.Name != "Arbeit ✓" || a.Slug != "first" || a.ID != h.a.ID || a.Paused {
		t.Errorf("renamed: %+v", a)
	}
	for _, bad := range []string{"", "  ", "a\nb", strings.Repeat("x", 65)} {
		if _, err := h.EditAccount(t.Context(), h.a.ID, client.EditAccount{Name: &bad}); code(err) != control.Invalid || !strings.Contains(err.Error(), "name") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if a := must(h.Account(t.Context(), h.a.ID))(t); a.Name != "Arbeit ✓" {
		t.Errorf("a refused name changed something: %+v", a)
	}
	if _, err := h.EditAccount(t.Context(), "nobody", client.EditAccount{Name: &name}); code(err) != control.NotFound {
		t.Errorf("nobody: %v", err)
	}
	if got := h.serves(); got != "a" {
		t.Errorf("after a new name %q serves", got)
	}
}

func TestPauseAccount(t *testing.T) {
	h := newHouse(t)
	pause := func(ref string, paused bool) {
		t.Helper()
		if a := must(h.EditAccount(t.Context(), ref, client.EditAccount{Paused: &paused}))(t); a.Paused != paused {
			t.Errorf("paused %v became %+v", paused, a)
		}
	}
	if got := h.serves(); got != "a" {
		t.Fatalf("the first serves first, not %q", got)
	}
	pause("first", true)
	if got := h.serves(); got != "b" {
		t.Errorf("with the first paused, %q serves", got)
	}
	if s := h.standing(h.a.ID); s.State != "paused" || s.Reason != "" {
		t.Errorf("a paused account stands so: %+v", s)
	}
	pause("second", true)
	if got := h.serves(); got != "" {
		t.Errorf("with both paused, %q serves", got)
	}
	pause("first", false)
	if got := h.serves(); got != "a" {
		t.Errorf("taken up again, but %q serves", got)
	}
}

func TestOrderAccounts(t *testing.T) {
	h := newHouse(t)
	order := func() (ids []string) {
		for _, a := range must(h.Accounts(t.Context()))(t) {
			ids = append(ids, a.ID)
		}
		return ids
	}
	a, b := h.a.ID, h.b.ID
	for name, bad := range map[string][]string{"none": {}, "one": {a}, "one twice": {a, a}, "one too many": {a, b, a}, "a stranger": {a, "acc_stranger"},
		"slugs": {"first", "second"}, "empty ids": {"", ""}} {
		if _, err := h.OrderAccounts(t.Context(), bad); code(err) != control.Invalid || !strings.Contains(err.Error(), "order") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := order(); !slices.Equal(got, []string{a, b}) {
		t.Errorf("a refused order changed something: %v", got)
	}
	list := must(h.OrderAccounts(t.Context(), []string{b, a}))(t)
	if len(list) != 2 || list[0].ID != b || list[1].ID != a {
		t.Errorf("the answer to a new order is %+v", list)
	}
	if got := h.serves(); got != "b" {
		t.Errorf("in the new order %q serves first", got)
	}
	h.vb.Fault(imitation.Fault{Kind: imitation.Status500, Times: imitation.Always})
	if status := call(t, h.addr, h.key, "gpt-4o"); status != 200 || len(h.va.Calls()) != 1 {
		t.Errorf("failover does not follow the order: %d", status)
	}
	h.stop()
	h.b0.Close()
	h.Client = client.InProcess(open(t, h.dir).Handler())
	if got := order(); !slices.Equal(got, []string{b, a}) {
		t.Errorf("after a restart the order is %v", got)
	}
}

func TestReplaceKey(t *testing.T) {
	const first, second = "sk-proj-first-0123456789", "sk-proj-second-0123456789"
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"), imitation.WithKey(first, second), imitation.AllowViolations()) // a wrong key comes, and is meant to
	a := add(t, c, v, "A")
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	used := func() string {
		t.Helper()
		if status := call(t, st.Addresses[0], key, "gpt-4o"); status != 200 {
			t.Fatalf("got %d", status)
		}
		calls := v.Calls()
		return calls[len(calls)-1].Key
	}
	if got := used(); got != first {
		t.Fatalf("used %q", got)
	}
	for name, bad := range map[string]string{"refused": "sk-proj-wrong-0123456789", "empty": "", "two words": "sk-proj two words"} {
		_, err := c.ReplaceKey(t.Context(), a.ID, bad)
		if err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "refused" && (code(err) != control.Refused || !strings.Contains(err.Error(), "keeps the key")) {
			t.Errorf("%s: %v", name, err)
		}
		if got := used(); got != first {
			t.Errorf("%s: then %q is used", name, got)
		}
	}
	if a := must(c.Account(t.Context(), a.ID))(t); a.KeyHint != "...6789" || a.Models != 1 || a.Scan.Outcome != "ok" {
		t.Errorf("a refused key changed something: %+v", a)
	}
	// An account that cools since its key was refused may be chosen with a good one at once.
	v.Fault(imitation.Fault{Kind: imitation.Status401, Key: first, Times: imitation.Always}, imitation.Fault{Kind: imitation.Status401, Key: first, On: imitation.OpModels, Times: imitation.Always})
	if status := call(t, st.Addresses[0], key, "gpt-4o"); status == 200 {
		t.Fatal("this test wants an account that cools")
	}
	before := len(v.Requests())
	d := must(c.ReplaceKey(t.Context(), "a", " "+second+"\n"))(t)
	if !d.OK || d.Account.ID != a.ID || d.Account.Verified.Before(a.Verified) || d.New != 0 || d.Gone != 0 || d.Message == "" {
		t.Errorf("replaced: %+v", d)
	}
	if n := len(v.Requests()) - before; n != 1 {
		t.Errorf("the key was tried with %d calls", n)
	}
	for range 3 {
		if got := used(); got != second {
			t.Errorf("then %q is used", got)
		}
	}
	must(c.TestAccount(t.Context(), a.ID))(t)
	for _, s := range v.Requests()[before:] {
		if s.Key != second {
			t.Errorf("%s went out with %q after it was replaced", s.Op, s.Key)
		}
	}
	for _, secret := range []string{first, second} {
		if f := holds(t, dir, secret); f != "" {
			t.Errorf("the key is in %s", f)
		}
	}
}

// A scan that runs with the old key has no say about the new one.
func TestReplaceKeyDuringScan(t *testing.T) {
	const first, second = "sk-proj-first-0123456789", "sk-proj-second-0123456789"
	b := open(t, t.TempDir())
	serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"), imitation.WithKey(first, second))
	a := add(t, c, v, "A")
	v.Fault(imitation.Fault{Kind: imitation.StallHeaders, Key: first, On: imitation.OpModels, Times: imitation.Always})
	scanned := make(chan error, 1)
	go func() {
		_, err := c.TestAccount(t.Context(), a.ID)
		scanned <- err
	}()
	if !v.Await(patience, func(s []imitation.Seen) bool { return s[len(s)-1].Stalled }) {
		t.Fatal("the scan does not begin")
	}
	if d := must(c.ReplaceKey(t.Context(), a.ID, second))(t); !d.OK || d.Account.Scan.Outcome != "ok" {
		t.Errorf("replaced: %+v", d)
	}
	if err := <-scanned; code(err) != control.Unavailable {
		t.Errorf("the scan with the old key ended with %v", err)
	}
	if a := must(c.Account(t.Context(), a.ID))(t); a.Scan.Outcome != "ok" || a.Models != 1 {
		t.Errorf("then the account is %+v", a)
	}
}

func TestRemoveAndRestore(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if got := h.serves(); got != "a" {
		t.Fatalf("%q serves", got)
	}
	before := must(h.Account(ctx, h.a.ID))(t)
	models := must(h.Models(ctx, "first"))(t)
	gone := must(h.RemoveAccount(ctx, "first"))(t)
	if !gone.Undo || !strings.Contains(gone.Message, "first") {
		t.Errorf("removed: %+v", gone)
	}
	if got := h.serves(); got != "b" {
		t.Errorf("without the first, %q serves", got)
	}
	if _, err := h.Account(ctx, h.a.ID); code(err) != control.NotFound {
		t.Errorf("it is still there: %v", err)
	}
	if f := holds(t, h.dir, h.va.Key); f != "" {
		t.Errorf("the key of the removed account is in %s", f)
	}

	back := must(h.RestoreAccount(ctx, h.a.ID))(t)
	if back.Scan.At.IsZero() || !back.Scan.At.Equal(before.Scan.At) || !back.Created.Equal(before.Created) || !back.Verified.Equal(before.Verified) {
		t.Errorf("its times are not what they were:\n%+v\n%+v", before, back)
	}
	back.Scan, back.Created, back.Verified = before.Scan, before.Created, before.Verified
	if back != before {
		t.Errorf("it came back as %+v\nit was %+v", back, before)
	}
	again := must(h.Models(ctx, "first"))(t)
	if len(again) != 1 || again[0].Name != models[0].Name || !again[0].LastSeen.Equal(models[0].LastSeen) {
		t.Errorf("its models came back as %+v\nthey were %+v", again, models)
	}
	if got := h.serves(); got != "a" {
		t.Errorf("the first is back in its place, and %q serves", got)
	}
	if d := must(h.TestAccount(ctx, h.a.ID))(t); !d.OK {
		t.Errorf("its key is not what it was: %+v", d)
	}
	for _, id := range []string{h.a.ID, "acc_nobody", "first"} {
		if _, err := h.RestoreAccount(ctx, id); code(err) != control.NotFound || !strings.Contains(err.Error(), "no longer") {
			t.Errorf("brought back %s: %v", id, err)
		}
	}
	u := must(h.Usage(ctx, client.UsageQuery{By: "account"}))(t)
	for _, r := range u.Rows {
		if r.Account != "first" && r.Account != "second" {
			t.Errorf("a row has lost the name of its account: %+v", r)
		}
	}
	if len(u.Rows) != 3 || len(u.Groups) != 2 {
		t.Errorf("%d rows and %d groups", len(u.Rows), len(u.Groups))
	}
}

// What happened in between does not stand in the way.
func TestRestoreLater(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	must(h.RemoveAccount(ctx, h.a.ID))(t)
	// The same key is there under another account: not twice. When that goes, the undo still stands.
	twin := add(t, h.Client, h.va, "Twin")
	if _, err := h.RestoreAccount(ctx, h.a.ID); code(err) != control.Invalid || !strings.Contains(err.Error(), "twin") {
		t.Errorf("one key in two accounts: %v", err)
	}
	must(h.RemoveAccount(ctx, twin.ID))(t)
	// Another has its slug, and others have been put into an order since.
	third := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"), imitation.WithKey("sk-proj-cccc-0123456789"))
	other := add(t, h.Client, third, "First")
	if other.Slug != "first" {
		t.Fatalf("this test wants the slug to be taken: %+v", other)
	}
	must(h.OrderAccounts(ctx, []string{h.b.ID, other.ID}))(t)
	back := must(h.RestoreAccount(ctx, h.a.ID))(t)
	if back.ID != h.a.ID || back.Slug != "first-2" || back.Name != "First" {
		t.Errorf("it came back as %+v", back)
	}
	var ids []string
	orders := map[int]bool{}
	for _, a := range must(h.Accounts(ctx))(t) {
		ids = append(ids, a.ID)
		orders[a.Order] = true
	}
	if !slices.Equal(ids, []string{h.a.ID, h.b.ID, other.ID}) || len(orders) != 3 {
		t.Errorf("the order is %v in %d places", ids, len(orders))
	}
	if got := h.serves(); got != "a" {
		t.Errorf("%q serves", got)
	}
}

// The key is nowhere on the disk while an account may be brought back, and is gone with the instance.
func TestRemovedKeyIsInMemoryAlone(t *testing.T) {
	h := newHouse(t)
	must(h.RemoveAccount(t.Context(), h.a.ID))(t)
	h.stop()
	h.b0.Close()
	if f := holds(t, h.dir, h.va.Key); f != "" {
		t.Errorf("the key is in %s", f)
	}
	b := open(t, h.dir)
	c := client.InProcess(b.Handler())
	if _, err := c.RestoreAccount(t.Context(), h.a.ID); code(err) != control.NotFound {
		t.Errorf("brought back after a restart: %v", err)
	}
	if _, err := c.TestAccount(t.Context(), h.b.ID); err != nil {
		t.Errorf("the other's key went, too: %v", err)
	}
}

// Where the key cannot be read there is no undo, and the account goes all the same.
func TestRemoveWithoutKey(t *testing.T) {
	h := newHouse(t)
	h.stop()
	h.b0.Close()
	o := options(h.dir)
	o.Passphrase = nil
	b, err := backend.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c := client.InProcess(b.Handler())
	choosePort(t, c, freeport.New(t))
	serve(t, b, backend.ServeOptions{Patient: true})
	gone := must(c.RemoveAccount(t.Context(), h.a.ID))(t)
	if gone.Undo || !strings.Contains(gone.Message, "still in the keychain") {
		t.Errorf("removed: %+v", gone)
	}
	if _, err := c.RestoreAccount(t.Context(), h.a.ID); code(err) != control.NotFound {
		t.Errorf("brought back without its key: %v", err)
	}
	if list := must(c.Accounts(t.Context()))(t); len(list) != 1 {
		t.Errorf("there are %d accounts", len(list))
	}
}

// A pool has one place: requests are spread over it before the next is asked, and the order is its own again once it is dissolved.
func TestPoolAccounts(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"), imitation.WithKey("sk-proj-cccc-0123456789"))
	c := add(t, h.Client, v, "Third")
	order := func(list []client.Account) (ids []string) {
		for _, a := range list {
			ids = append(ids, a.ID)
		}
		return ids
	}
	got := order(must(h.PoolAccounts(ctx, "Both", []string{"third", h.a.ID}))(t))
	if !slices.Equal(got, []string{h.a.ID, c.ID, h.b.ID}) {
		t.Errorf("those of a pool do not stand together: %v", got)
	}
	for range 40 {
		if status := call(t, h.addr, h.key, "gpt-4o"); status != 200 {
			t.Fatalf("got %d", status)
		}
	}
	if a, c := len(h.va.Calls()), len(v.Calls()); a == 0 || c == 0 || a+c < 40 {
		t.Errorf("requests are not spread over the pool: %d and %d", a, c)
	}
	if n := len(h.vb.Calls()); n != 0 {
		t.Errorf("%d requests went past the pool", n)
	}
	list := must(h.PoolAccounts(ctx, "", []string{c.ID}))(t)
	if got := order(list); !slices.Equal(got, []string{h.a.ID, c.ID, h.b.ID}) || list[0].Pool != "" {
		t.Errorf("dissolved, they are %+v", list)
	}
}
