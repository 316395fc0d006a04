package control

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"metapi/backend/account"
	"metapi/backend/provider"
)

// EnvironmentKey is a key that stands in the environment of Metapi.
type EnvironmentKey struct {
	Variable string `json:"variable"`
	Provider string `json:"provider" doc:"A provider id"`
	Name     string `json:"name" doc:"The provider's name"`
	BaseURL  string `json:"base_url,omitempty" doc:"That stands beside it; absent: the provider's own"`
	Hint     string `json:"hint" doc:"The end of the key"`

	key string
}

// addressBeside is the variable of the address that a key belongs to: with another address it is a key of somebody else's.
var addressBeside = map[string]string{
	"OPENAI_API_KEY": "OPENAI_BASE_URL", "ANTHROPIC_API_KEY": "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN": "ANTHROPIC_BASE_URL",
	"GEMINI_API_KEY": "GOOGLE_GEMINI_BASE_URL", "GOOGLE_API_KEY": "GOOGLE_GEMINI_BASE_URL",
}

// environment lists the keys that are there. They are used by nobody before a person says so.
func (s *Service) environment(context.Context, *nothing) ([]EnvironmentKey, error) {
	list := []EnvironmentKey{}
	env, own := s.machine().Env, s.addresses()
	tools, err := s.Accounts.Clients()
	if err != nil {
		return nil, err
	}
	for _, p := range provider.All() {
		for _, variable := range p.Variables() {
			key, err := provider.CleanKey(env(variable))
			if err != nil || slices.ContainsFunc(list, func(e EnvironmentKey) bool { return e.key == key }) {
				continue
			}
			if hash := account.HashKey(key); slices.ContainsFunc(tools, func(c account.Client) bool { return c.Hash == hash }) {
				continue // a local key, for a tool: no provider is to see it, by whatever name Metapi is called beside it
			}
			e := EnvironmentKey{Variable: variable, Provider: p.ID, Name: p.Name, Hint: "…" + key[max(0, len(key)-min(4, len(key)/4)):], key: key}
			if beside := addressBeside[variable]; beside != "" {
				e.BaseURL = strings.TrimSpace(env(beside))
			}
			if u, err := url.Parse(e.BaseURL); err != nil || slices.Contains(own, u.Host) {
				continue // a tool that is connected to Metapi
			}
			if p.Compatible() && e.BaseURL == "" {
				continue // nobody knows whose it is
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// fromEnvironment fills in what a new account is to have from the environment.
func (s *Service) fromEnvironment(in *AddAccount) error {
	if in.Variable == "" {
		return nil
	}
	list, err := s.environment(context.Background(), nil)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(e EnvironmentKey) bool { return e.Variable == in.Variable })
	if i < 0 {
		return NewProblem(Invalid, fmt.Sprintf("There is no key of a provider in %q.", in.Variable), "Paste the key itself.")
	}
	e := list[i]
	in.Key, in.Provider, in.BaseURL = e.key, e.Provider, e.BaseURL // to nobody else
	return nil
}
