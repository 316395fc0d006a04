package backend

import (
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/keychain"
)

// A keychain that hangs keeps nobody for long who only looks, however many look; and is found when it answers after all.
func TestLookingDoesNotHang(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		answer, searches := make(chan struct{}), 0
		s := &secretStore{opts: keychain.Options{Dir: dir}, from: func(o keychain.Options) (keychain.Keychain, error) {
			if o.Passphrase != nil {
				t.Error("who only looks asked for a passphrase")
			}
			searches++
			<-answer
			return keychain.NewMemory(), nil
		}}
		s.opts.Passphrase = func() (string, error) { return "x", nil }
		began := time.Now()
		for range 20 {
			go func() {
				if got := s.locked(); got != "" {
					t.Errorf("locked: %q", got)
				}
				if got := s.Describe(); got != "none that answers" {
					t.Errorf("described as %q", got)
				}
			}()
		}
		synctest.Wait()
		time.Sleep(2 * lookLimit)
		synctest.Wait()
		if took := time.Since(began); took > 2*lookLimit || searches != 1 {
			t.Errorf("%d searches, and looking took %v", searches, took)
		}
		close(answer)
		synctest.Wait()
		if s.locked() != "" || s.Describe() != "memory" {
			t.Errorf("found, and described as %q", s.Describe())
		}
	})
}
