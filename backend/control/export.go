package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"metapi/backend/ledger"
	"metapi/backend/routing"
)

// newest asks for the newest request alone.
var newest = ledger.Query{Limit: 1}

// exportPage is how many requests an export holds in memory at once.
const exportPage = 500

// Exported is one request of an export. Its fields are the columns, in order.
type Exported struct {
	ID          string `json:"id"`
	Start       string `json:"start"`
	Client      string `json:"client"`
	Session     string `json:"session"`
	Account     string `json:"account"`
	Model       string `json:"model"`
	Protocol    string `json:"protocol"`
	State       string `json:"state"`
	Status      int    `json:"status"`
	Attempts    int    `json:"attempts"`
	Took        int64  `json:"took_ms"`
	Input       int64  `json:"input_tokens"`
	CacheRead   int64  `json:"cache_read_tokens"`
	CacheWrite  int64  `json:"cache_write_tokens"`
	Output      int64  `json:"output_tokens"`
	Reasoning   int64  `json:"reasoning_tokens"`
	TokensKnown string `json:"tokens" enum:"told,estimated"`
	CostUSD     string `json:"cost_usd" doc:"Empty where the price is not known"`
	Cost        string `json:"cost" enum:"told,computed,estimated,unknown"`
	VendorUSD   string `json:"vendor_usd" doc:"What the model's vendor would have taken; empty where that is not known. Likewise what follows"`
	DearestUSD  string `json:"dearest_usd"`
	FirstUSD    string `json:"first_usd"`
}

func (n names) exported(r *routing.Record) Exported {
	row := n.row(r)
	e := Exported{ID: r.ID, Start: r.Start.UTC().Format(time.RFC3339Nano), Client: row.Client, Session: r.Session, Account: row.Account, Model: row.Model,
		Protocol: row.Protocol, State: string(r.State), Status: r.Status, Attempts: row.Attempts, Took: row.TookMS, Input: row.Input, CacheRead: row.CacheRead,
		CacheWrite: row.CacheWrite, Output: row.Output, Reasoning: row.Reasoning, TokensKnown: "told", Cost: "computed"}
	if row.Estimated {
		e.TokensKnown = "estimated"
	}
	usd := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	switch {
	case r.Cost.Unknown || r.State == routing.Running: // nobody knows yet
		e.Cost = "unknown"
	case r.Cost.ToldBy != "":
		e.Cost = "told"
	case r.Cost.Estimated:
		e.Cost = "estimated"
	}
	if e.Cost != "unknown" {
		e.CostUSD = usd(r.Cost.USD)
	}
	for _, a := range r.Against {
		switch a.Baseline {
		case routing.AtVendor:
			e.VendorUSD = usd(a.USD)
		case routing.Dearest:
			e.DearestUSD = usd(a.USD)
		case routing.First:
			e.FirstUSD = usd(a.USD)
		}
	}
	return e
}

// cells are the columns of a request as a spreadsheet may take them: none begins a formula.
func (e Exported) cells() (row []string) {
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		row = append(row, cell(fmt.Sprint(v.Field(i).Interface())))
	}
	return row
}

// cell keeps a spreadsheet from taking what a client or upstream has written for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return "'" + s
		}
	}
	return s
}

func columns() (names []string) {
	t := reflect.TypeFor[Exported]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("json"))
	}
	return names
}

// export streams requests, oldest first.
func (s *Service) export(w http.ResponseWriter, r *http.Request) {
	q, format, err := s.exportQuery(r.URL.Query())
	if err != nil {
		s.explain(err).Write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Disposition", `attachment; filename="`+exportName(format)+`"`)
	h.Set("Content-Type", map[string]string{"csv": "text/csv", "jsonl": "application/x-ndjson"}[format]+"; charset=utf-8")
	out := &counted{Writer: w}
	if err := s.writeExport(r.Context(), out, q, format); err != nil && out.n == 0 {
		h.Del("Content-Disposition")
		s.explain(err).Write(w)
	} else if err != nil {
		s.Log.Warn("control: export", "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes a part for the whole
	}
}

func exportName(format string) string {
	return "metapi-requests-" + time.Now().Format("2006-01-02-150405") + "." + format
}

// counted knows whether anything has been written.
type counted struct {
	io.Writer
	n int
}

func (c *counted) Write(p []byte) (int, error) {
	c.n += len(p)
	return c.Writer.Write(p)
}

type saveExportInput struct {
	Body struct {
		Format  string    `json:"format" enum:"csv,jsonl"`
		Since   time.Time `json:"since,omitempty"`
		Until   time.Time `json:"until,omitempty" doc:"Requests begun before"`
		Client  string    `json:"client,omitempty"`
		Account string    `json:"account,omitempty"`
		Model   string    `json:"model,omitempty"`
		State   string    `json:"state,omitempty" enum:"running,ok,failed,cancelled,interrupted"`
	}
}

// saveExport writes an export into the user's folder of downloads, for a window that cannot download.
func (s *Service) saveExport(ctx context.Context, in *saveExportInput) (Saved, error) {
	b := &in.Body
	q, err := s.query(Choice{b.Client, b.Account, b.Model, b.State})
	if err != nil {
		return Saved{}, err
	}
	q.Limit, q.Oldest, q.Since, q.Until = exportPage, true, b.Since, b.Until
	path := filepath.Join(downloads(s.Dir), exportName(b.Format))
	made, err := WriteNew(path, func(to io.Writer) error { return s.writeExport(ctx, to, q, b.Format) })
	if err != nil {
		hint := "Make that folder writable, or use `metapi usage export`."
		if made {
			hint = "Free some space."
		}
		return Saved{}, NewProblem(Storage, Sentence("the export cannot be saved: "+err.Error()), hint)
	}
	return Saved{path}, nil
}

// exportQuery reads what is wanted.
func (s *Service) exportQuery(v url.Values) (q ledger.Query, format string, err error) {
	if q, err = s.query(Choice{v.Get("client"), v.Get("account"), v.Get("model"), v.Get("state")}); err != nil {
		return q, "", err
	}
	q.Limit, q.Oldest = exportPage, true
	if format = v.Get("format"); format != "csv" && format != "jsonl" {
		return q, "", NewProblem(Invalid, "An export is made as csv or jsonl.", "Say which with ?format=csv.")
	}
	for name, to := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if word := v.Get(name); word != "" {
			if *to, err = time.Parse(time.RFC3339, word); err != nil {
				return q, "", NewProblem(Invalid, name+" is no time.", "Write it as RFC 3339 has it: 2026-01-31T00:00:00Z.")
			}
		}
	}
	if q.State != "" && !slices.Contains([]routing.State{routing.Running, routing.OK, routing.Failed, routing.Cancelled, routing.Interrupted}, q.State) {
		return q, "", NewProblem(Invalid, fmt.Sprintf("There is no state %q.", q.State), "")
	}
	return q, format, nil
}

// writeExport writes requests. It holds a page of them in memory, however many there are.
func (s *Service) writeExport(ctx context.Context, to io.Writer, q ledger.Query, format string) error {
	names, err := s.names()
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(to)
	sheet, lines := csv.NewWriter(buffer), json.NewEncoder(buffer)
	lines.SetEscapeHTML(false)
	write := func(e Exported) error { return lines.Encode(e) }
	if format == "csv" {
		write = func(e Exported) error { return sheet.Write(e.cells()) }
		_ = sheet.Write(columns()) // its errors come with Flush
	}
	for {
		page, next, err := s.Ledger.Requests(q)
		if err != nil {
			return err
		}
		for i := range page {
			if err := write(names.exported(&page[i])); err != nil {
				return err
			}
		}
		sheet.Flush()
		if err := cmp.Or(buffer.Flush(), ctx.Err()); err != nil || next == "" {
			return err
		}
		q.Cursor = next
	}
}

// describeExport adds the export to the API's description.
func describeExport(api huma.API) {
	text := func(name, about string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	lines := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Exported](), true, "")
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export", Method: http.MethodGet, Path: "/api/usage/export", Summary: "Requests as CSV or JSON lines, oldest first",
		Parameters: []*huma.Param{text("format", "csv or jsonl"), text("since", "RFC 3339"), text("until", "RFC 3339"), text("client", "Id or name"),
			text("account", "Id, slug or name"), text("model", "Canonical model"), text("state", "running, ok, failed, cancelled or interrupted")},
		Responses: map[string]*huma.Response{"200": {Description: "A request a line", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}, "application/x-ndjson": {Schema: lines},
		}}},
	})
}
