package control

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"metapi/backend/ledger"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// How much of what a bundle has.
const (
	bundledLines    = 500
	bundledRequests = 50
)

// bundle gathers what helps another to understand what is wrong, without a secret and without a word of what tools asked or were answered.
// Nothing is written: the person looks at it first, and [Service.saveBundle] saves just that.
func (s *Service) bundle(ctx context.Context, _ *nothing) (Bundle, error) {
	m, err := s.masker(ctx)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{ID: Word(9), LeftOut: []string{}}
	for _, part := range []struct {
		name, what string
		upstream   bool // it has words of upstreams or of the log, in which a secret may be quoted
		read       func() (any, error)
	}{
		{"about.json", "Version, system, addresses, mode, and how the accounts stand", true, s.bundledStatus},
		{"report.json", "What the doctor has found", true, s.bundledReport},
		{"settings.json", "The settings", false, func() (any, error) { return s.Switches.Settings() }},
		{"accounts.json", "The accounts: provider, host, models, last listing; no keys", true, s.bundledAccounts},
		{"requests.json", fmt.Sprintf("The last %d requests that failed: when, where, how; nothing of what they said", bundledRequests), false, s.bundledRequests},
		{"log.txt", fmt.Sprintf("The last %d lines of the log", bundledLines), true, s.bundledLog},
	} {
		if part.upstream && len(m.unknown) > 0 {
			b.LeftOut = append(b.LeftOut, part.name+" is left out: "+strings.Join(m.unknown, ", ")+" cannot be read now, so it cannot be proved that it is not in there.")
			continue
		}
		v, err := part.read()
		if err != nil {
			b.LeftOut = append(b.LeftOut, part.name+" is left out: "+m.text(Sentence(err.Error())))
			continue
		}
		text, lines := v.(string)
		if lines {
			text = m.text(text)
		} else if text, err = m.json(v); err != nil {
			return Bundle{}, err
		}
		b.Files = append(b.Files, BundleFile{Name: part.name, What: part.what, Text: text})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bundled = b
	return b, nil
}

func (s *Service) bundledStatus() (any, error) {
	st, err := s.Status()
	st.Instance = ""
	modules := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, set := range info.Settings {
			if strings.HasPrefix(set.Key, "vcs.") || set.Key == "-tags" || set.Key == "CGO_ENABLED" {
				modules[set.Key] = set.Value
			}
		}
	}
	return struct {
		Go     string            `json:"go"`
		System string            `json:"system"`
		Build  map[string]string `json:"build"`
		Made   time.Time         `json:"made"`
		Status Status            `json:"status"`
	}{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, modules, time.Now().UTC().Truncate(time.Second), st}, err
}

func (s *Service) bundledReport() (any, error) {
	s.examination.mu.Lock()
	defer s.examination.mu.Unlock()
	return s.examination.report(), nil
}

// bundledAccount is an account for other eyes.
type bundledAccount struct {
	Slug     string `json:"slug"`
	Provider string `json:"provider"`
	Address  string `json:"address" doc:"Without what may stand before and behind the host and path"`
	Paused   bool   `json:"paused"`
	Models   int    `json:"models"`
	Scan     Scan   `json:"scan"`
}

func (s *Service) bundledAccounts() (any, error) {
	list, err := s.accounts(context.Background(), nil)
	out := make([]bundledAccount, len(list))
	for i, a := range list {
		out[i] = bundledAccount{Slug: a.Slug, Provider: a.Provider, Paused: a.Paused, Models: a.Models, Scan: a.Scan}
		if u, err := url.Parse(a.BaseURL); err == nil {
			out[i].Address = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
		}
	}
	return out, err
}

// bundledRequest is a request that failed, without a word that a tool or an upstream has chosen.
type bundledRequest struct {
	ID       string           `json:"id"`
	Start    time.Time        `json:"start"`
	Protocol string           `json:"protocol"`
	Model    string           `json:"model,omitempty"`
	Stream   bool             `json:"stream"`
	Bytes    int64            `json:"bytes"`
	Mode     routing.Mode     `json:"mode,omitempty"`
	Status   int              `json:"status,omitempty"`
	Attempts []bundledAttempt `json:"attempts"`
}

type bundledAttempt struct {
	Account string        `json:"account"`
	Via     string        `json:"via,omitempty"`
	Mends   []string      `json:"mends,omitempty"`
	TookMS  int64         `json:"took_ms"`
	Status  int           `json:"status,omitempty"`
	Kind    protocol.Kind `json:"kind,omitempty"`
}

func (s *Service) bundledRequests() (any, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	records, _, err := s.Ledger.Requests(ledger.Query{Limit: bundledRequests, State: routing.Failed})
	out := make([]bundledRequest, len(records))
	for i := range records {
		r := &records[i]
		out[i] = bundledRequest{ID: r.ID, Start: r.Start, Protocol: r.Protocol.String(), Model: r.Model, Stream: r.Stream, Bytes: r.Bytes,
			Mode: r.Mode, Status: r.Status, Attempts: make([]bundledAttempt, len(r.Attempts))}
		for j, a := range r.Attempts {
			out[i].Attempts[j] = bundledAttempt{Account: names.of(ledger.ByAccount, a.Account), Mends: a.Mends, TookMS: a.Took.Milliseconds(), Status: a.Status, Kind: a.Kind}
			if a.Via != protocol.None {
				out[i].Attempts[j].Via = a.Via.String()
			}
		}
	}
	return out, err
}

func (s *Service) bundledLog() (any, error) {
	log, err := s.readLog(context.Background(), &logInput{Lines: bundledLines, After: -1})
	return strings.Join(log.Lines, "\n") + "\n", err
}

type saveBundleInput struct {
	Body struct {
		ID string `json:"id" doc:"Of the bundle that was looked at"`
	}
}

// saveBundle writes the bundle that was looked at into the user's folder of downloads, or at home where there is none.
func (s *Service) saveBundle(_ context.Context, in *saveBundleInput) (Saved, error) {
	s.mu.Lock()
	b := s.bundled
	s.mu.Unlock()
	if in.Body.ID == "" || b.ID != in.Body.ID {
		return Saved{}, NewProblem(NotFound, "That bundle is not here any more.", "Make another.")
	}
	path := filepath.Join(downloads(s.Dir), "metapi-diagnostics-"+time.Now().Format("2006-01-02-150405.000")+".zip")
	if made, err := WriteNew(path, b.Zip); err != nil {
		hint := "Make that folder writable, or use `metapi doctor --bundle FILE.zip`."
		if made {
			hint = "Free some space."
		}
		return Saved{}, NewProblem(Storage, Sentence("the bundle cannot be saved: "+err.Error()), hint)
	}
	return Saved{path}, nil
}

// downloads is the user's folder of downloads, or home where there is none; else another.
func downloads(other string) string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return other
	}
	if own := filepath.Join(dir, "Downloads"); isFolder(own) {
		return own
	}
	return dir
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Zip writes the files of the bundle as one.
func (b Bundle) Zip(w io.Writer) error {
	z := zip.NewWriter(w)
	files := b.Files
	if len(b.LeftOut) > 0 {
		files = append(files[:len(files):len(files)], BundleFile{Name: "left-out.txt", Text: strings.Join(b.LeftOut, "\n") + "\n"})
	}
	for _, f := range files {
		entry, err := z.Create(f.Name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(entry, f.Text); err != nil {
			return err
		}
	}
	return z.Close()
}
