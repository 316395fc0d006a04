package window

import (
	"testing"

	"metapi/backend/control/client"
)

// TestNoticeIsSpoken: what the desktop shows is in the language that is set, and its name and page stay.
func TestNoticeIsSpoken(t *testing.T) {
	n := client.Notice{ID: "budget:1", Kind: "budget", Page: "/costs", Title: `The budget "all" is spent`,
		Text: "It was $50.00 for the month. Until 1 December 00:00 whoever costs less serves."}
	if got := spoken(n, "en"); got != n {
		t.Errorf("in English: %+v", got)
	}
	want := n
	want.Title, want.Text = "预算「all」已用完", "本月的额度为 $50.00。直到 12 月 1 日 00:00，由费用最低的账户提供服务。"
	if got := spoken(n, "zh-Hans"); got != want {
		t.Errorf("in Chinese:\n got %+v\nwant %+v", got, want)
	}
}
