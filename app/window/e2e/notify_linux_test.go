package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

const (
	notifyName = "org.freedesktop.Notifications"
	notifyPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// notifier is a desktop that shows notifications.
type notifier struct {
	conn *dbus.Conn

	mu    sync.Mutex // guards what follows
	shown []shown
}

type shown struct {
	id          uint32
	title, text string
	actions     []string
}

func (w *world) notifier() *notifier {
	w.Helper()
	conn, err := dbus.Connect(w.bus)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	n := &notifier{conn: conn}
	if err := conn.Export(n, notifyPath, notifyName); err != nil {
		w.Fatal(err)
	}
	if reply, err := conn.RequestName(notifyName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		w.Fatalf("this session bus has notifications already: %v", err)
	}
	return n
}

// What programs call; see the Desktop Notifications Specification.

func (n *notifier) GetCapabilities() ([]string, *dbus.Error) { return []string{"actions", "body"}, nil }

func (n *notifier) GetServerInformation() (name, vendor, version, spec string, err *dbus.Error) {
	return "test", "test", "1", "1.2", nil
}

func (n *notifier) Notify(_ string, replaces uint32, _, title, text string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := replaces
	if id == 0 {
		id = uint32(len(n.shown) + 1)
	}
	n.shown = append(n.shown, shown{id: id, title: title, text: text, actions: actions})
	return id, nil
}

func (n *notifier) CloseNotification(uint32) *dbus.Error { return nil }

// find is the notification with a title.
func (n *notifier) find(title string) (shown, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.shown {
		if s.title == title {
			return s, true
		}
	}
	return shown{}, false
}

// TestNotification has the desktop tell what the hidden window cannot, but for what the user does not want to hear of. A click on it brings
// the window forward, at the page that shows more; putting it away does not.
func TestNotification(t *testing.T) {
	a := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-A"), imitation.WithModels("gpt-4o"))
	b := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-B"), imitation.WithModels("gpt-4o"))
	w, key := newWorldWith(t, a, b)
	desk := w.notifier()
	icon := w.tray().icon
	p := w.start("--hidden")
	c := p.api()
	icon(1)
	w.within("Account 1 refuses its key", func() bool {
		a.Fault(imitation.Fault{Kind: imitation.Status401})
		if _, err := c.ClearCooldown(t.Context(), "account-1"); err != nil {
			t.Fatal(err)
		}
		w.chat(c, key, "gpt-4o")
		n, told := desk.find("Account 1 refuses its key")
		return told && strings.Contains(n.text, "another key")
	})
	p.sees("hidden")

	if _, err := c.EditSettings(t.Context(), client.EditSettings{NotifyKey: new(false), NotifyQuiet: new(0)}); err != nil {
		t.Fatal(err)
	}
	b.Fault(imitation.Fault{Kind: imitation.Status401})
	if _, err := w.ask(c, key, "gpt-4o"); err == nil {
		t.Error("an account whose key is refused has served")
	}
	w.within("nobody can serve", func() bool { _, told := desk.find("No account can serve"); return told })
	if _, told := desk.find("Account 2 refuses its key"); told {
		t.Error("what was switched off is told")
	}

	put, _ := desk.find("No account can serve")
	if err := desk.conn.Emit(notifyPath, notifyName+".NotificationClosed", put.id, uint32(2)); err != nil { // put away by the person
		t.Fatal(err)
	}
	p.sees("hidden")
	n, _ := desk.find("Account 1 refuses its key")
	if err := desk.conn.Emit(notifyPath, notifyName+".ActionInvoked", n.id, "default"); err != nil {
		t.Fatal(err)
	}
	p.sees("shown")
	p.sees("find", "Accounts – Metapi")
}

// TestPinFromTray pins a tool to an account in the tray: that one serves its next request, and no other.
func TestPinFromTray(t *testing.T) {
	a := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-A"), imitation.WithModels("gpt-4o"))
	b := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-B"), imitation.WithModels("gpt-4o"))
	w, key := newWorldWith(t, a, b)
	tray := w.tray()
	p := w.start("--hidden")
	c := p.api()
	icon := tray.icon(1)
	asked := func(v *imitation.Vendor) (n int) {
		for _, call := range v.Calls() {
			if call.Method == http.MethodPost {
				n++
			}
		}
		return n
	}
	w.chat(c, key, "gpt-4o")
	tray.click(icon, "Only account-2")
	w.within("it is pinned", func() bool {
		list, err := c.Clients(t.Context())
		return err == nil && list[0].PinSlug == "account-2"
	})
	w.within("the pin is in force", func() bool {
		w.chat(c, key, "gpt-4o")
		return asked(b) > 0
	})
	before := asked(a)
	for range 3 {
		w.chat(c, key, "gpt-4o")
	}
	if byA := asked(a) - before; byA != 0 {
		t.Errorf("the first account was asked %d times, although the tool is pinned to the other", byA)
	}
	tray.checked(icon, "Only account-2")
	if _, err := c.EditClient(t.Context(), "script", client.EditKey{Pin: new("")}); err != nil { // by the command line, say
		t.Fatal(err)
	}
	tray.checked(icon, "Any account, as the mode says")
	w.within("the first account serves again", func() bool {
		w.chat(c, key, "gpt-4o")
		return asked(a) > before
	})

	tray.click(icon, "Start at login")
	tray.checked(icon, "Start at login")
	p.sees("hidden")
	tray.click(icon, "Settings…")
	p.sees("shown")
	p.sees("checked", "Start at login")
}
