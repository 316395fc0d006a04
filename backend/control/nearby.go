package control

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"metapi/backend/account"
	"metapi/backend/provider"
)

// nearbyPorts are those that would be asked: for the person to agree to.
func (s *Service) nearbyPorts(context.Context, *nothing) (NearbyPorts, error) {
	return NearbyPorts{s.portsBut(provider.LocalPorts())}, nil
}

// portsBut leaves out the ports that this Metapi serves at: it would find itself.
func (s *Service) portsBut(ports []int) []int {
	own := s.addresses()
	ports = slices.DeleteFunc(slices.Clone(ports), func(p int) bool {
		return slices.ContainsFunc(own, func(a string) bool { return strings.HasSuffix(a, ":"+strconv.Itoa(p)) })
	})
	slices.Sort(ports)
	return slices.Compact(ports)
}

type nearbyInput struct {
	Body struct {
		Ports []int `json:"ports,omitempty" maxItems:"20" doc:"To ask besides those that are known"`
	}
}

// nearby asks ports of this machine for servers of models. Whoever calls has asked the person.
func (s *Service) nearby(ctx context.Context, in *nearbyInput) (Nearby, error) {
	for _, p := range in.Body.Ports {
		if p < 1 || p > 65535 {
			return Nearby{}, NewProblem(Invalid, "A port is a number from 1 to 65535.", "")
		}
	}
	accounts, err := s.Accounts.List()
	if err != nil {
		return Nearby{}, err
	}
	out := Nearby{Ports: s.portsBut(append(provider.LocalPorts(), in.Body.Ports...)), Servers: []NearbyServer{}}
	for _, found := range provider.Nearby(ctx, out.Ports) {
		n := NearbyServer{Provider: found.Provider.ID, Name: found.Provider.Name, BaseURL: found.BaseURL, Models: found.Models,
			NeedsKey: found.NeedsKey, Known: found.Provider.Local}
		if n.Models == nil {
			n.Models = []string{}
		}
		if i := slices.IndexFunc(accounts, func(a account.Account) bool { return sameServer(baseOf(a), found.BaseURL) }); i >= 0 {
			n.Account = accounts[i].Slug
		}
		out.Servers = append(out.Servers, n)
	}
	return out, nil
}

// sameServer reports whether two addresses on this machine have the same port: it has several names.
func sameServer(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && local(a) && local(b) && u.Port() == v.Port()
}
