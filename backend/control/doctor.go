package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"metapi/backend/gateway"
)

// What the doctor finds.
const (
	checkOK   = "ok"
	checkWarn = "warn"
	checkFail = "fail"
)

// Disk space, in bytes, below which the doctor speaks up.
const (
	littleSpace = 1 << 30
	noSpace     = 64 << 20
)

// testTimeout bounds the doctor's look at one account.
const testTimeout = 30 * time.Second

// doctor looks at everything that serving depends on.
func (s *Service) doctor(ctx context.Context, _ *nothing) (Report, error) {
	checks := []Check{s.checkFolder(), s.checkSpace(), s.checkDatabase(), s.checkKeychain(ctx), s.checkPort()}
	for _, t := range s.Trouble() {
		checks = append(checks, Check{"trouble", checkWarn, t, ""})
	}
	accounts, err := s.checkAccounts(ctx)
	if err != nil {
		return Report{}, err
	}
	checks = append(checks, accounts...)
	keys, err := s.checkKeys()
	if err != nil {
		return Report{}, err
	}
	r := Report{OK: true, Checks: append(checks, keys)}
	for _, c := range r.Checks {
		r.OK = r.OK && c.State != checkFail
	}
	return r, nil
}

func (s *Service) checkFolder() Check {
	c := Check{Name: "data folder", State: checkOK, Detail: s.Dir}
	info, err := os.Stat(s.Dir)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(s.Dir, ".doctor-*"); err == nil {
			f.Close()
			os.Remove(f.Name())
		}
	}
	switch {
	case err != nil:
		c.State, c.Detail, c.Next = checkFail, Sentence("it cannot be written: "+err.Error()), "Make it writable for your user, or choose another with --data."
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		c.State, c.Detail = checkWarn, fmt.Sprintf("%s can be read by other users of this machine (%v).", s.Dir, info.Mode().Perm())
		c.Next = "chmod 700 " + s.Dir
	}
	return c
}

func (s *Service) checkSpace() Check {
	c := Check{Name: "disk space", State: checkOK}
	free, err := freeSpace(s.Dir)
	if err != nil {
		return Check{c.Name, checkWarn, Sentence("it cannot be told: " + err.Error()), ""}
	}
	c.Detail = fmt.Sprintf("%.1f GB free", float64(free)/(1<<30))
	switch {
	case free < noSpace:
		c.State, c.Next = checkFail, "Free some space: requests can soon no longer be recorded."
	case free < littleSpace:
		c.State, c.Next = checkWarn, "Free some space before it runs out."
	}
	return c
}

func (s *Service) checkDatabase() Check {
	if err := s.Check(); err != nil {
		p := s.explain(err)
		return Check{"database", checkFail, p.Detail, p.Hint}
	}
	return Check{"database", checkOK, "whole", ""}
}

// checkKeychain keeps, reads and deletes a secret of no worth.
func (s *Service) checkKeychain(ctx context.Context) Check {
	const key, word = "metapi/doctor", "works"
	err := s.Keychain.Set(ctx, key, word)
	if err == nil {
		var got string
		if got, err = s.Keychain.Get(ctx, key); err == nil && got != word {
			err = errors.New("it gave back something else than it was given")
		}
		err = errors.Join(err, s.Keychain.Delete(ctx, key))
	}
	if err != nil {
		p := s.explain(err)
		return Check{"keychain", checkFail, p.Detail, p.Hint}
	}
	return Check{"keychain", checkOK, s.Keychain.Describe(), ""}
}

func (s *Service) checkPort() Check {
	if server := s.serving(); server != nil {
		return Check{"port", checkOK, "serving at " + strings.Join(server.Addresses, " and "), ""}
	}
	listeners, err := gateway.Listen(gateway.DefaultPort)
	if err != nil {
		return Check{"port", checkWarn, Sentence(err.Error()), "End the other program, or serve with --port N."}
	}
	for _, l := range listeners {
		l.Close()
	}
	return Check{"port", checkOK, fmt.Sprintf("%d is free", gateway.DefaultPort), ""}
}

// checkAccounts tries all accounts at once.
func (s *Service) checkAccounts(ctx context.Context) ([]Check, error) {
	list, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return []Check{{"accounts", checkWarn, "there is none yet", "metapi accounts add"}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	checks := make([]Check, len(list))
	var all sync.WaitGroup
	for i, a := range list {
		all.Go(func() {
			c := Check{Name: "account " + a.Slug, State: checkOK}
			d, err := s.discover(ctx, a)
			switch {
			case err != nil:
				p := s.explain(err)
				c.State, c.Detail, c.Next = checkFail, p.Detail, p.Hint
			case !d.OK:
				c.State, c.Detail, c.Next = checkFail, d.Message, d.Hint
			case d.Account.Models == 0:
				c.State, c.Detail, c.Next = checkWarn, d.Message, d.Hint
			default:
				c.Detail = fmt.Sprintf("%s, answered in %d ms", models(d.Account.Models), d.Millis)
			}
			checks[i] = c
		})
	}
	all.Wait()
	return checks, nil
}

func (s *Service) checkKeys() (Check, error) {
	list, err := s.Accounts.Clients()
	if err != nil {
		return Check{}, err
	}
	n := 0
	for _, c := range list {
		if c.Live() {
			n++
		}
	}
	if n == 0 {
		return Check{"local keys", checkWarn, "there is none yet", "metapi keys add NAME"}, nil
	}
	return Check{"local keys", checkOK, fmt.Sprint(n), ""}, nil
}
