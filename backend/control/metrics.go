package control

import (
	"bytes"
	"net/http"
	"runtime"
	"time"

	"metapi/backend/routing/live"
)

// MetricsPath is where Prometheus looks.
const MetricsPath = "/metrics"

// metrics answers in Prometheus' text format. What requests came to is counted as they end; how things stand is looked at now.
func (s *Service) metrics(w http.ResponseWriter, _ *http.Request) {
	names, err := s.names()
	if err != nil {
		s.explain(err).Write(w)
		return
	}
	var out bytes.Buffer
	e := &exposition{Writer: &out, names: names}
	e.begin(&family{"metapi_build_info", "The version that runs; always 1.", []string{"version", "go"}}, "gauge")
	e.value("", 1, labels{s.Version, runtime.Version()})
	s.Meter.write(e)
	if server := s.serving(); server != nil {
		e.gauge("metapi_start_time_seconds", "When this instance started, in Unix seconds.", float64(server.Started.Unix()))
		e.gauge("metapi_requests_in_flight", "Requests that upstreams are working on.", float64(server.InFlight()))
		s.writeDeployments(e)
	}
	s.writeBudgets(e)
	trouble := 0.0
	if s.Ledger.Trouble() != "" {
		trouble = 1
	}
	e.gauge("metapi_ledger_trouble", "1 while the record of requests cannot be written or read whole; `metapi doctor` says why.", trouble)
	e.gauge("metapi_trouble", "What is wrong with the data folder now, in sentences; `metapi doctor` tells them.", float64(len(s.Trouble())))
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(out.Bytes())
}

// writeDeployments tells what is in flight at each account, and which deployments may not be chosen.
func (s *Service) writeDeployments(e *exposition) {
	snap, now := s.Snapshot(), time.Now()
	e.begin(&family{"metapi_account_requests_in_flight", "Requests that an account is working on.", []string{"account"}}, "gauge")
	for i := range snap.Accounts {
		n := int64(0)
		for _, d := range snap.Of(i) {
			n += d.Live.InFlight()
		}
		e.value("", float64(n), labels{snap.Accounts[i].Slug})
	}
	e.begin(&family{"metapi_cooldown_seconds", "For how long a deployment that has failed may not be chosen; those that may be are not listed.", []string{"account", "model", "reason"}}, "gauge")
	for told, i := 0, 0; i < len(snap.Deployments) && told < mostSeries; i++ {
		d := &snap.Deployments[i]
		if state, until, kind := d.Live.State(now); state == live.Cooling && d.Upstream != "" {
			e.value("", until.Sub(now).Seconds(), e.called(labels{d.Account.ID, d.Upstream, string(kind)}))
			told++
		}
	}
}

// writeBudgets tells how budgets do.
func (s *Service) writeBudgets(e *exposition) {
	list := s.Budgets.Standings(time.Now())
	for _, f := range []struct {
		name, help string
		of         func(i int) float64
	}{
		{"metapi_budget_dollars", "What may be spent in the budget's period.", func(i int) float64 { return list[i].USD }},
		{"metapi_budget_spent_dollars", "What has been spent in the period that runs.", func(i int) float64 { return list[i].Spent }},
		{"metapi_budget_held_dollars", "What requests that run may still cost.", func(i int) float64 { return list[i].Held }},
	} {
		e.begin(&family{f.name, f.help, []string{"budget"}}, "gauge")
		for i := range list {
			e.value("", f.of(i), labels{list[i].Name})
		}
	}
}
