package tray

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/control/client"
	"metapi/backend/words"
	"metapi/tray/menu"
)

// TestMenuInChinese reads a menu whole: whatever it shows is said in the user's language, and cut only then.
func TestMenuInChinese(t *testing.T) {
	m := Layout(running(func(s *State) {
		s.Language = words.Chinese
		s.Status.InFlight = 2
		s.Status.Accounts = append(s.Status.Accounts, client.AccountStanding{ID: "x", Slug: "spare", State: "blocked",
			Reason: "OpenAI refused this key (401). Copy it again from platform.openai.com/api-keys."})
	}))
	for _, it := range m.Items {
		if !it.Hidden && it.Title != "" && !strings.ContainsFunc(it.Title, func(r rune) bool { return r > 0x2e80 }) {
			t.Errorf("%q is not said", it.Title)
		}
	}
	for _, want := range []string{"打开 Metapi", "运行于 127.0.0.1:4747 · 2 个进行中", "负载均衡", "spare: 无法使用 - OpenAI 拒绝了这个密钥（401）。请从 platform.openai.com/api-keys 重新复制"} {
		if !slices.ContainsFunc(m.Items, func(it menu.Item) bool { return it.Title == want }) {
			t.Errorf("nothing is called %q in %v", want, m.Items)
		}
	}
	if want := "Metapi：运行于 127.0.0.1:4747 · 2 个进行中"; m.Tooltip != want {
		t.Errorf("the tooltip is %q, not %q", m.Tooltip, want)
	}
}

// TestLanguageIsChosen changes the settings: the menu follows at once.
func TestLanguageIsChosen(t *testing.T) {
	inTray(t, func(t *testing.T, _ *Tray, b *fakeAPI, s *screen, _ func() string) {
		b.set(func() { b.language = words.Chinese })
		b.events <- client.Event{Type: client.EventChanged, Topics: []client.Topic{client.TopicSettings}}
		time.Sleep(soon)
		synctest.Wait()
		if got := s.state(); got != "运行于 127.0.0.1:4747" {
			t.Errorf("after the language was chosen: %q", got)
		}
	})
}
