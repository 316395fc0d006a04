package backend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/store"
	"metapi/build/imitation"
)

// vitals are the figures of an account's only model that was asked.
func vitals(t *testing.T, c *client.Client, account string) client.DeploymentHealth {
	t.Helper()
	list := must(c.Health(t.Context(), account))(t).Deployments
	if len(list) != 1 {
		t.Fatalf("%d deployments are known", len(list))
	}
	return list[0]
}

// What was learned of accounts is there after a restart.
func TestFiguresOutliveARestart(t *testing.T) {
	h := newHouse(t)
	h.va.Fault(imitation.Fault{Kind: imitation.Status500, Times: 1})
	for range 5 {
		h.serves()
	}
	clear := must(h.ClearCooldown(t.Context(), "first"))(t)
	if !strings.Contains(clear.Message, "may be chosen") {
		t.Errorf("%q", clear.Message)
	}
	for range 5 {
		h.serves()
	}
	was := vitals(t, h.Client, "first")
	if was.Attempts < 5.9 || was.Available == nil || *was.Available > 0.9 || was.LastError == nil || was.TookP95 == 0 {
		t.Fatalf("before: %+v", was)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.b0.Close(); err != nil {
		t.Fatal(err)
	}

	b := open(t, h.dir)
	serve(t, b, backend.ServeOptions{})
	is := vitals(t, client.InProcess(b.Handler()), "first")
	if is.Attempts < was.Attempts*0.99 || is.TookP50 != was.TookP50 || is.TookP95 != was.TookP95 || is.LastError == nil || *is.LastError != *was.LastError {
		t.Errorf("before %+v\nafter  %+v", was, is)
	}
}

// What cannot be read of what was learned is dropped with a line in the log, and takes nothing else with it; Metapi starts all the same.
func TestWhatWasLearnedAndCannotBeReadIsDropped(t *testing.T) {
	for name, wrong := range map[string]json.RawMessage{
		"another version": json.RawMessage(`{"version":99,"at":"2026-01-01T00:00:00Z","learned":{}}`),
		"another shape":   json.RawMessage(`{"version":1,"at":"2026-01-01T00:00:00Z","learned":{"deployments":{"d":[1]}}}`),
		"no sense":        json.RawMessage(`{"version":1,"at":"2026-01-01T00:00:00Z","learned":{"deployments":{"d":{"failing":[1,5,0,0]}}}}`),
		"not ours":        json.RawMessage(`"hello"`),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.serves()
			h.stop()
			h.b0.Close()
			st, err := store.Open(h.dir)
			if err != nil {
				t.Fatal(err)
			}
			bucket := store.NewBucket[json.RawMessage]("learned")
			err = st.Update(func(tx *store.Tx) error {
				if _, ok, err := bucket.Get(tx, "habits"); !ok || err != nil {
					return fmt.Errorf("habits were not kept: %v", err)
				}
				return bucket.Put(tx, "figures", wrong)
			})
			if err != nil {
				t.Fatal(err)
			}
			st.Close()
			var log bytes.Buffer
			o := options(h.dir)
			o.Log = &log
			b, err := backend.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			if n := strings.Count(log.String(), "cannot be used, and is learned anew"); n != 1 || !strings.Contains(log.String(), "part=figures") {
				t.Errorf("%d parts were dropped:\n%s", n, log.String())
			}
			status, _ := serve(t, b, backend.ServeOptions{})
			if got := call(t, status.Addresses[0], h.key, "gpt-4o"); got != 200 {
				t.Errorf("status %d", got)
			}
		})
	}
}

const learnDir = "METAPI_TEST_LEARN_DIR"

// serveToBeKilled serves a folder until the process is killed, and says where.
func serveToBeKilled(dir string) {
	b, err := backend.Open(options(dir))
	if err != nil {
		panic(err)
	}
	err = b.Serve(context.Background(), backend.ServeOptions{KeepEvery: 20 * time.Millisecond, Ready: func(st control.Status) { fmt.Println(st.Addresses[0]) }})
	panic(err)
}

// Nor does a kill take more of it than what came since it was last written.
func TestFiguresOutliveAKill(t *testing.T) {
	h := newHouse(t)
	h.serves()
	h.stop()
	h.b0.Close()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), learnDir+"="+h.dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill() })
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if got := call(t, addr, h.key, "gpt-4o"); got != 200 {
			t.Fatalf("status %d", got)
		}
	}
	h.va.Fault(imitation.Fault{Kind: imitation.Status500, Times: 1})
	call(t, addr, h.key, "gpt-4o")
	before := vitals(t, dial(t, h.dir), "first")
	wait(t, "the last failure is written", func() bool {
		raw, err := os.ReadFile(filepath.Join(h.dir, "metapi.db"))
		return err == nil && bytes.Contains(raw, []byte(`"last":{"kind":"server-error"`))
	})
	child.Process.Kill()
	child.Wait()

	b := open(t, h.dir)
	serve(t, b, backend.ServeOptions{})
	is := vitals(t, client.InProcess(b.Handler()), "first")
	if is.Attempts < 21 || is.TookP95 == 0 || is.TookP50 != before.TookP50 || is.LastError == nil {
		t.Errorf("before the kill %+v\nafter it %+v", before, is)
	}
}
