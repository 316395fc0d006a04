package conformance

import (
	"slices"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/build/imitation"
)

// Whatever form of an Azure address a person pastes, what it means is served: on the newer surface, or, with an api-version, on the older one.
func TestAzureAddresses(t *testing.T) {
	p, _ := provider.Get("azure-openai")
	as, _ := imitation.FindCompatible("azure-openai")
	unlisted := *as // as most resources are today: what is deployed is told nowhere
	unlisted.ListAt, unlisted.List = "/openai/v1/models", nil
	for _, c := range []struct {
		as     *imitation.Compatible
		pasted string
		models []string
		path   string // where a request has to go
	}{
		{as, "", []string{"my-gpt-4o", "my-mini", "vectors"}, "/openai/v1/chat/completions"},
		{as, "/openai/v1/", []string{"my-gpt-4o", "my-mini", "vectors"}, "/openai/v1/chat/completions"},
		{as, "?api-version=2024-10-21", []string{"my-gpt-4o", "my-mini", "vectors"}, "/openai/deployments/my-gpt-4o/chat/completions?api-version=2024-10-21"},
		{&unlisted, "/openai/v1/deployments/my-gpt-4o,my-mini", []string{"my-gpt-4o", "my-mini"}, "/openai/v1/chat/completions"},
		{&unlisted, "/openai/deployments/my-gpt-4o/chat/completions", []string{"my-gpt-4o"}, "/openai/v1/chat/completions"},
		{&unlisted, "/openai/deployments/my-gpt-4o/chat/completions?api-version=2024-10-21", []string{"my-gpt-4o"}, "/openai/deployments/my-gpt-4o/chat/completions?api-version=2024-10-21"},
		{&unlisted, "", nil, ""},
	} {
		t.Run(c.pasted, func(t *testing.T) {
			v := imitation.Like(t, c.as, imitation.WithModels("my-mini"), imitation.WithForbidden(localKey))
			v.BaseURL = v.URL + c.pasted
			l := listing(p, v, v.Key)
			if c.models == nil {
				if l.Outcome != provider.OutcomeUnparsable || !strings.Contains(l.Err.Message, "Name them at the end of the base URL") {
					t.Errorf("%s: %v", l.Outcome, l.Err)
				}
				return
			}
			if l.Outcome != provider.OutcomeOK || !slices.Equal(names(l), c.models) {
				t.Fatalf("%s, %v: %q", l.Outcome, l.Err, names(l))
			}
			for _, m := range l.Models {
				want := protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses)
				switch {
				case m.Name == "vectors":
					want = protocol.SetOf(protocol.OpenAIEmbeddings)
				case strings.Contains(c.path, "api-version"):
					want = protocol.SetOf(protocol.OpenAIChat)
				}
				if m.Protocols != want {
					t.Errorf("%s is reached by %v, want %v", m.Name, m.Protocols.List(), want.List())
				}
			}
			w := newWorld(t, p, v, v.Key, l.Models, protocol.SetOf(protocol.OpenAIChat))
			for _, client := range clients {
				for _, stream := range []bool{false, true} {
					v.Script(imitation.Text(said))
					h := w.send(client, ask{model: "my-gpt-4o", stream: stream, question: "How warm is it?"})
					if h.status != 200 || !h.whole || h.text != said {
						t.Errorf("%s: %v", client.name, h)
					}
				}
			}
			to, err := target(p, v.BaseURL, v.Key)
			if err != nil {
				t.Fatal(err)
			}
			u, _, err := to.Request(provider.Call{Protocol: protocol.OpenAIChat, Operation: protocol.Generate, Model: "my-gpt-4o"})
			if err != nil || u.RequestURI() != c.path {
				t.Errorf("called at %v, %v", u, err)
			}
		})
	}
}
