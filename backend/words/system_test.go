package words

import (
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		preferred []string
		want      string
	}{
		{nil, English}, {[]string{""}, English}, {[]string{"C"}, English}, {[]string{"C.UTF-8"}, English}, {[]string{"en_GB.UTF-8"}, English}, {[]string{"en"}, English},
		{[]string{"zh_CN.UTF-8"}, Chinese}, {[]string{"zh.UTF-8"}, Chinese}, {[]string{"zh-Hans-CN", "en-US"}, Chinese}, {[]string{"zh-TW"}, Chinese}, {[]string{"de-DE", "zh-CN"}, Chinese},
		{[]string{"de-DE", "en-US", "zh-CN"}, English}, {[]string{"de_DE.UTF-8"}, English}, {[]string{"zha"}, English},
	} {
		if got := choose(c.preferred); got != c.want {
			t.Errorf("who prefers %q is spoken to in %s, not %s", c.preferred, got, c.want)
		}
	}
}

// TestLocale holds which variable counts: the first of three that says anything.
func TestLocale(t *testing.T) {
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	t.Setenv("LANG", "zh_CN.UTF-8")
	if got := locale(); !slices.Equal(got, []string{"zh_CN.UTF-8"}) {
		t.Errorf("LANG alone: %q", got)
	}
	t.Setenv("LC_MESSAGES", "en_US.UTF-8")
	if got := locale(); !slices.Equal(got, []string{"en_US.UTF-8"}) {
		t.Errorf("with LC_MESSAGES: %q", got)
	}
	t.Setenv("LC_ALL", "de_DE")
	if got := locale(); !slices.Equal(got, []string{"de_DE"}) {
		t.Errorf("with LC_ALL: %q", got)
	}
}

func TestOf(t *testing.T) {
	if got := Of("zh-Hans"); got != Chinese {
		t.Errorf("chosen: %q", got)
	}
	if got := Of("system"); got != English && got != Chinese {
		t.Errorf("the system's: %q", got)
	}
}
