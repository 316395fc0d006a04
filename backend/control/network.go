package control

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"metapi/backend/account"
	"metapi/backend/network"
)

// NetworkReport tells how upstreams are reached.
type NetworkReport struct {
	Ways    []NetworkWay `json:"ways" doc:"One for each account, or for the URL that was asked about"`
	Trouble []string     `json:"trouble,omitempty" doc:"What is wrong with the system's proxies or the certificates now, a sentence each"`
}

// NetworkWay is how one account, or one URL, is reached.
type NetworkWay struct {
	Account string `json:"account,omitempty" doc:"The account's slug"`
	Name    string `json:"name,omitempty" doc:"The account's name"`
	URL     string `json:"url" doc:"Scheme and host of what is called"`
	Way     string `json:"way" doc:"What is in force, in words: direct, or the proxy and who named it"`
	Proxy   string `json:"proxy,omitempty" doc:"Kind, host and port of the proxy; absent where there is none"`
}

type networkInput struct {
	URL string `query:"url" doc:"What is to be reached; without it, each account's host is"`
}

// network tells what is in force now. It reads what the system is set to anew, and calls no upstream.
func (s *Service) network(ctx context.Context, in *networkInput) (NetworkReport, error) {
	out := NetworkReport{Ways: []NetworkWay{}}
	s.Network.Look()
	if in.URL != "" {
		u, err := url.Parse(in.URL)
		if err != nil || u.Host == "" {
			return out, wrongField("url", "it is not of the form https://host")
		}
		w, err := s.explainWay(ctx, u, account.Account{})
		out.Ways = append(out.Ways, w)
		out.Trouble = s.Network.Trouble()
		return out, err
	}
	list, err := s.Accounts.List()
	if err != nil {
		return out, err
	}
	for _, a := range list {
		u, err := url.Parse(baseOf(a))
		if err != nil || u.Host == "" { // its provider is gone
			continue
		}
		w, err := s.explainWay(ctx, u, a)
		if err != nil {
			w.Way = Sentence(err.Error())
		}
		w.Account, w.Name = a.Slug, a.Name
		out.Ways = append(out.Ways, w)
	}
	out.Trouble = s.Network.Trouble()
	return out, nil
}

func (s *Service) explainWay(ctx context.Context, u *url.URL, a account.Account) (NetworkWay, error) {
	out := NetworkWay{URL: (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()}
	choice, err := s.Accounts.Choice(ctx, a)
	if err != nil {
		return out, err
	}
	w, err := s.Network.Explain(choice, u)
	if err != nil {
		return out, err
	}
	out.Way = w.String()
	switch {
	case choice.Own:
		out.Way = "the account's own: " + out.Way
	case w.Source == "" && choice.To != network.System && choice.To != "":
		out.Way = "Settings: " + out.Way
	}
	if w.Proxy != nil {
		out.Proxy = network.Show(w.Proxy)
	}
	return out, nil
}

// via tells which proxy an account is called through, in a sentence; "" where there is none.
func (s *Service) via(a account.Account) string {
	u, err := url.Parse(baseOf(a))
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	w, err := s.explainWay(ctx, u, a)
	if err != nil || w.Proxy == "" {
		return ""
	}
	return " It was called via " + w.Way + "."
}

// checkCertificates refuses a file that cannot be used, and makes its name whole.
func (s *Service) checkCertificates(file *string) error {
	*file = strings.TrimSpace(*file)
	if *file == "" {
		return nil
	}
	if !filepath.IsAbs(*file) {
		return wrongField("certificate file", "write its whole path, from the root")
	}
	if _, err := s.Network.Authorities(*file); err != nil {
		return wrongField("certificate file", err.Error())
	}
	return nil
}
