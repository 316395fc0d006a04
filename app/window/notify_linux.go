//go:build desktop

package window

import (
	"context"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"metapi/backend/control/client"
)

// See the Desktop Notifications Specification.
const (
	notifyName = "org.freedesktop.Notifications"
	notifyPath = dbus.ObjectPath("/org/freedesktop/Notifications")
	notifyTime = 5 * time.Second // that the desktop may take
)

// notifier shows notices through the session bus. The toolkit would do so, too, but takes it for a click when one is put away.
type notifier struct {
	conn *dbus.Conn

	mu    sync.Mutex        // guards what follows; held while the desktop gives a notice its number, which a click may overtake
	pages map[uint32]string // of the notices that are there, by number
}

// newNotifier returns what shows a notice. A click on one calls open with its page.
func (a *app) newNotifier(open func(page string)) (show func(client.Notice) error, err error) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(a.ctx))
	if err != nil {
		return nil, err
	}
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(notifyName), dbus.WithMatchObjectPath(notifyPath)); err != nil {
		conn.Close()
		return nil, err
	}
	n := &notifier{conn: conn, pages: map[uint32]string{}}
	signals := make(chan *dbus.Signal, 16) // closed by the library with the connection
	conn.Signal(signals)
	go func() {
		for s := range signals {
			if page, clicked := n.heard(s); clicked {
				open(page)
			}
		}
	}()
	return n.show, nil
}

func (n *notifier) show(of client.Notice) error {
	ctx, cancel := context.WithTimeout(context.Background(), notifyTime)
	defer cancel()
	n.mu.Lock()
	defer n.mu.Unlock()
	var id uint32
	err := n.conn.Object(notifyName, notifyPath).CallWithContext(ctx, notifyName+".Notify", 0, "Metapi", uint32(0), "", of.Title, of.Text,
		[]string{"default", "Metapi"}, map[string]dbus.Variant{}, int32(-1)).Store(&id)
	if err == nil {
		n.pages[id] = of.Page
	}
	return err
}

// heard takes a signal of the desktop's: a notice was clicked, or has gone. Those of other programs are told as well.
func (n *notifier) heard(s *dbus.Signal) (page string, clicked bool) {
	if len(s.Body) == 0 {
		return "", false
	}
	id, _ := s.Body[0].(uint32)
	n.mu.Lock()
	defer n.mu.Unlock()
	page, ours := n.pages[id]
	if s.Name == notifyName+".ActionInvoked" || s.Name == notifyName+".NotificationClosed" {
		delete(n.pages, id)
	}
	return page, ours && s.Name == notifyName+".ActionInvoked"
}
