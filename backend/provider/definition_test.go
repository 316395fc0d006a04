package provider

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"metapi/backend/protocol"
)

// The program's own definitions are of the form that is told to people, and all can be used.
func TestOwnDefinitions(t *testing.T) {
	var text any
	if err := yaml.Unmarshal(providersYAML, &text); err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(text); err != nil {
		t.Fatal(err)
	}
	if _, err := newRegistry(own()); err != nil {
		t.Fatal(err)
	}
	vendors := 0
	for _, p := range All() {
		if !p.Compatible() || p.Example != "" {
			vendors++
		}
	}
	if vendors < 25 {
		t.Errorf("only %d vendors and local servers", vendors)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(Schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("providers.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("providers.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a person writes is refused by the member that is wrong.
func TestDefinitionsThatAreWrong(t *testing.T) {
	good := map[string]any{"id": "mine", "name": "Mine", "format": "openai", "base_url": "https://mine.example/v1"}
	for field, c := range map[string]struct {
		value any
		word  string
	}{
		"id":        {"My Own", "id"},
		"name":      {" ", "name"},
		"format":    {"soap", "format"},
		"base_url":  {"http://mine.example/v1", "https"},
		"protocols": {[]string{"soap"}, "soap"},
		"quirks":    {[]string{"sings"}, "sings"},
		"paths":     {map[string]string{"anthropic": "no-slash"}, "slash"},
	} {
		d := map[string]any{}
		for k, v := range good {
			d[k] = v
		}
		d[field] = c.value
		text, _ := json.Marshal([]any{d})
		list, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if _, err := list[0].provider(); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := Parse([]byte("- id: a\n  nam: b\n")); err == nil || !strings.Contains(err.Error(), "[2:3]") {
		t.Errorf("an unknown member: %v", err)
	}
}

// A definition of a person's own is known beside the program's, or in place of one; what is wrong with another keeps it from neither.
func TestUse(t *testing.T) {
	t.Cleanup(func() { inForce.Store(nil) })
	err := Use([]Definition{
		{ID: "mine", Name: "Mine", Format: "openai", BaseURL: "https://mine.example/api/v1", Keys: KeyRules{Prefixes: []string{"mine-"}}},
		{ID: "broken", Name: "Broken", Format: "soap"},
		{ID: "groq", Name: "Groq of mine", Format: "openai", BaseURL: "https://groq.example/v1", Protocols: []string{"openai-chat"}},
	})
	if err == nil || !strings.Contains(err.Error(), "broken: format") {
		t.Errorf("%v", err)
	}
	if p, ok := Get("mine"); !ok || p.DefaultBaseURL != "https://mine.example/api/v1" {
		t.Errorf("%+v", p)
	}
	if p, _ := Get("groq"); p.Name != "Groq of mine" {
		t.Errorf("%+v", p)
	}
	if found, err := Recognise("mine-0123456789abcdef"); err != nil || len(found) != 1 || found[0].Provider != "mine" {
		t.Errorf("%+v, %v", found, err)
	}
	if err := Use(nil); err != nil {
		t.Error(err)
	}
	if _, ok := Get("mine"); ok {
		t.Error("what is no longer written down is still there")
	}
}

// Another protocol may live elsewhere on the vendor's host, and its keys go there in the manner of imitations.
func TestPathsOfOtherProtocols(t *testing.T) {
	p := mustGet(t, "deepseek")
	target, err := p.Target(Credential{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	u, h, err := target.Request(Call{Protocol: protocol.Anthropic, Operation: protocol.Generate})
	if err != nil || u.String() != "https://api.deepseek.com/anthropic/v1/messages" || h.Get("X-Api-Key") != secret || h.Get("Authorization") != "Bearer "+secret {
		t.Errorf("%v %v %v", u, h, err)
	}
	if u, h, err = target.Request(Call{Protocol: protocol.OpenAIChat, Operation: protocol.Generate}); err != nil || u.String() != "https://api.deepseek.com/v1/chat/completions" || h.Get("X-Api-Key") != "" {
		t.Errorf("%v %v %v", u, h, err)
	}
	azure, err := mustGet(t, "azure-openai").Target(Credential{BaseURL: "https://me.openai.azure.com/openai/v1", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if u, h, err = azure.Request(Call{Protocol: protocol.OpenAIResponses, Operation: protocol.Generate}); err != nil || u.Path != "/openai/v1/responses" || h.Get("Api-Key") != secret || h.Get("Authorization") != "" {
		t.Errorf("%v %v %v", u, h, err)
	}
}

// A server of one's own wants no key.
func TestLocalServersWantNoKey(t *testing.T) {
	for _, p := range All() {
		if !p.Local {
			continue
		}
		target, err := p.Target(Credential{})
		if err != nil {
			t.Fatalf("%s: %v", p.ID, err)
		}
		if _, h, err := target.Request(Call{Protocol: protocol.OpenAIChat, Operation: protocol.Generate}); err != nil || len(h) != 0 {
			t.Errorf("%s: %v %v", p.ID, h, err)
		}
	}
}

func BenchmarkDefinitions(b *testing.B) {
	for b.Loop() {
		all, err := Parse(providersYAML)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := newRegistry(all); err != nil {
			b.Fatal(err)
		}
	}
}
