package words

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestCases reads what the pages' twin reads, too (frontend/src/words/say.test.ts): both say the same.
func TestCases(t *testing.T) {
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared struct {
		Table map[string]string
		Cases [][2]string
	}
	if err := json.Unmarshal(data, &shared); err != nil {
		t.Fatal(err)
	}
	known := compile(shared.Table)
	for _, c := range shared.Cases {
		if got, _ := known.say(c[0], 0, deepest); got != c[1] {
			t.Errorf("%q is said as %q, not %q", c[0], got, c[1])
		}
	}
}

// TestChinese reads sentences as people meet them, whole.
func TestChinese(t *testing.T) {
	for english, want := range map[string]string{
		"Paused · 3 still in flight":                                                                                "已暂停 · 还有 3 个进行中",
		"Today about $1.20 · 2.1 M tokens":                                                                          "今天约 $1.20 · 2.1 M token",
		`The key "notes" was revoked on 2026-01-02.`:                                                                "密钥「notes」已于 2026-01-02 吊销。",
		"The key cannot be used: the key has a space in it.":                                                        "密钥无法使用：密钥中有空格。",
		"Copy it again in one piece.":                                                                               "请完整地重新复制。",
		`There is no account "wrok".`:                                                                               "没有账户「wrok」。",
		"OpenAI has been asked too often (429). Try again in 5 minutes.":                                            "对 OpenAI 的请求太频繁（429）。请 5 分钟后重试。",
		"at its cap of 60 requests a minute until 15:04":                                                            "已达到上限：每分钟 60 个请求，直到 15:04",
		"work: the first in your order.":                                                                            "work: 你的顺序中的第一个。",
		"Its requests are refused until 1 December 00:00. Raise it under Costs.":                                    "它的请求会被拒绝，直到 12 月 1 日 00:00。可以在「费用」页提高它。",
		"Use accounts in your order; the next one takes over when one cannot serve.":                                "按你的顺序使用账户；某个账户不能提供服务时，由下一个接替。",
		"Something that calls itself \"claude-cli/2\" asked /v1/messages without a key, 3 times, the last 2 h ago.": "自称「claude-cli/2」的程序请求 /v1/messages 时没有带密钥，3 次，最近一次 2 小时前。",
		"work: about $0.01; spare would cost $0.02.":                                                                "work: 约 $0.01；spare 需要 $0.02。",
		"cannot open the database at /data/metapi.db: it is damaged":                                                "无法打开数据库（/data/metapi.db: 它已损坏）",
	} {
		if got := Say(Chinese, english); got != want {
			t.Errorf("%q\n is said as %q,\n      not %q", english, got, want)
		}
		if got := Say(English, english); got != english {
			t.Errorf("in English %q is said as %q", english, got)
		}
	}
}

// TestEntries says each entry with something in its places: what is put in is said, too, once each.
func TestEntries(t *testing.T) {
	for language := range languages {
		for english, meant := range read(language) {
			names := []string{"#1#", "#2#", "#3#", "#4#", "#5#"}
			sentence := english
			for _, name := range names {
				sentence = strings.Replace(sentence, "{}", name, 1)
			}
			said := Say(language, sentence)
			for _, name := range names {
				if strings.Count(sentence, name) != strings.Count(said, name) {
					t.Errorf("%s: %q loses %s of %q", language, said, name, sentence)
				}
			}
			if meant != english && said == sentence && word.MatchString(english) {
				t.Errorf("%s: %q is not said", language, sentence)
			}
		}
	}
}

// TestHostile holds the time of what is made to be slow: nested, and full of beginnings of what is known.
func TestHostile(t *testing.T) {
	known := languages[Chinese]()
	for _, part := range []string{"the account was not added: ", "a; b, c: d. ", "{} ", "{} would cost {} of {} until ", "cannot at ", "\" ", "would cost ", "in use. ", "有 "} {
		text := strings.Repeat(part, longest/len(part))
		began := time.Now()
		for range 10 {
			known.say(text, 0, deepest)
		}
		if took := time.Since(began); took > 20*time.Second { // it takes some hundredths of a second
			t.Errorf("%q over and over takes %v", part, took)
		}
	}
	if long := strings.Repeat("It is empty. ", longest); Say(Chinese, long) != long {
		t.Error("what is too long to be meant for people is worked on")
	}
}

func FuzzSay(f *testing.F) {
	for english := range read(Chinese) {
		f.Add(english)
	}
	f.Fuzz(func(t *testing.T, text string) {
		said := Say(Chinese, text)
		if utf8.ValidString(text) && !utf8.ValidString(said) {
			t.Errorf("%q is said as %q", text, said)
		}
		if strings.Count(text, "\n") != strings.Count(said, "\n") {
			t.Errorf("%q loses lines: %q", text, said)
		}
	})
}

func BenchmarkSay(b *testing.B) {
	Say(Chinese, "")
	for b.Loop() {
		Say(Chinese, "OpenAI refused this key (401). It says: \"no\". Copy it again from platform.openai.com.")
	}
}
