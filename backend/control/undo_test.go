package control

import (
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/account"
)

// What was removed can be brought back for ten minutes, counted from its own removal, and once.
func TestUndoLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var u undo
		hold := func() { u.hold(&removed{account: account.Account{ID: "acc_1"}, secret: "sk-1"}) }
		take := func() bool { _, ok := u.take("acc_1"); return ok }

		hold()
		time.Sleep(undoLife - time.Second)
		if !take() {
			t.Fatal("it is gone too soon")
		}
		if take() {
			t.Error("it was brought back twice")
		}
		hold() // removed again: the first removal's time has nothing to do with it
		time.Sleep(undoLife - time.Second)
		if !take() {
			t.Error("the second removal was forgotten with the first")
		}

		hold()
		r, _ := u.take("acc_1")
		time.Sleep(undoLife / 2)
		u.putBack(r) // it could not be brought back yet
		time.Sleep(undoLife/2 - time.Second)
		if r, ok := u.take("acc_1"); !ok || r.secret != "sk-1" {
			t.Error("after a failure it cannot be tried again")
		} else {
			time.Sleep(time.Minute)
			u.putBack(r)
		}
		synctest.Wait()
		if len(u.held) != 0 {
			t.Error("a secret is held for longer than it may be")
		}
	})
}
