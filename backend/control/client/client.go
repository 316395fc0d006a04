package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"metapi/backend/control"
	"metapi/backend/ledger/capture"
)

// Client calls the control API. It is safe for concurrent use.
type Client struct {
	base  string
	token string // empty in process
	http  *http.Client
}

// maxAnswer bounds what is read of one answer.
const maxAnswer = 256 << 20

// call sends in as JSON (nil: no body) and decodes the answer.
func call[O any](ctx context.Context, c *Client, method, path string, query url.Values, in any) (out O, err error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	b, err := c.bytes(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("the answer to %s %s cannot be read: %w", method, path, err)
	}
	return out, nil
}

// bytes sends in as JSON (nil: no body) and returns the answer as it is.
func (c *Client) bytes(ctx context.Context, method, path string, in any) ([]byte, error) {
	var payload io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.authorise(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode >= 300 {
		err = problem(resp, b)
	}
	return b, err
}

// problem is what an answer says went wrong.
func problem(resp *http.Response, body []byte) *control.Problem {
	p := new(control.Problem)
	if json.Unmarshal(body, p) != nil || p.Detail == "" {
		p = control.NewProblem(control.Internal, fmt.Sprintf("Metapi answered %s to %s %s.", resp.Status, resp.Request.Method, resp.Request.URL.Path), "")
	}
	return p
}

func get[O any](ctx context.Context, c *Client, path string, query url.Values) (O, error) {
	return call[O](ctx, c, http.MethodGet, path, query, nil)
}

func post[O any](ctx context.Context, c *Client, path string, in any) (O, error) {
	return call[O](ctx, c, http.MethodPost, path, nil, in)
}

// Status tells the state of the installation.
func (c *Client) Status(ctx context.Context) (control.Status, error) {
	return get[control.Status](ctx, c, "/api/status", nil)
}

// Accounts lists the accounts in the user's order.
func (c *Client) Accounts(ctx context.Context) ([]control.Account, error) {
	return get[[]control.Account](ctx, c, "/api/accounts", nil)
}

// Providers lists the kinds of upstream, those of the user's own among them.
func (c *Client) Providers(ctx context.Context) ([]control.ProviderInfo, error) {
	return get[[]control.ProviderInfo](ctx, c, "/api/providers", nil)
}

// NearbyPorts are the ports that Nearby asks by itself.
func (c *Client) NearbyPorts(ctx context.Context) (control.NearbyPorts, error) {
	return get[control.NearbyPorts](ctx, c, "/api/nearby", nil)
}

// Nearby asks ports of this machine, and others besides, for servers of models. The person must have agreed.
func (c *Client) Nearby(ctx context.Context, others []int) (control.Nearby, error) {
	return post[control.Nearby](ctx, c, "/api/nearby", map[string][]int{"ports": others})
}

// Account finds one by id, slug or name.
func (c *Client) Account(ctx context.Context, ref string) (control.Account, error) {
	return get[control.Account](ctx, c, "/api/accounts/"+url.PathEscape(ref), nil)
}

// AddAccount proves the key and keeps the account.
func (c *Client) AddAccount(ctx context.Context, in control.AddAccount) (control.Discovered, error) {
	return post[control.Discovered](ctx, c, "/api/accounts", in)
}

// RemoveAccount removes an account, its secret and its offers. What it did stays in the ledger.
func (c *Client) RemoveAccount(ctx context.Context, ref string) (control.Removed, error) {
	return call[control.Removed](ctx, c, http.MethodDelete, "/api/accounts/"+url.PathEscape(ref), nil, nil)
}

// TestAccount asks the upstream whether it takes the key, and for its models.
func (c *Client) TestAccount(ctx context.Context, ref string) (control.Discovered, error) {
	return post[control.Discovered](ctx, c, "/api/accounts/"+url.PathEscape(ref)+"/test", nil)
}

// RefreshAccount asks the upstream for its models.
func (c *Client) RefreshAccount(ctx context.Context, ref string) (control.Discovered, error) {
	return post[control.Discovered](ctx, c, "/api/accounts/"+url.PathEscape(ref)+"/refresh", nil)
}

// Models lists what is on offer, at one account (id, slug or name) or at all ("").
func (c *Client) Models(ctx context.Context, account string) ([]control.Model, error) {
	q := url.Values{}
	if account != "" {
		q.Set("account", account)
	}
	return get[[]control.Model](ctx, c, "/api/models", q)
}

// Clients lists the clients, revoked ones included.
func (c *Client) Clients(ctx context.Context) ([]control.Client, error) {
	return get[[]control.Client](ctx, c, "/api/clients", nil)
}

// AddClient makes a client with a new local key.
func (c *Client) AddClient(ctx context.Context, name string) (control.ClientKey, error) {
	return post[control.ClientKey](ctx, c, "/api/clients", map[string]string{"name": name})
}

// ClientKey shows a client's local key.
func (c *Client) ClientKey(ctx context.Context, ref string) (control.ClientKey, error) {
	return get[control.ClientKey](ctx, c, "/api/clients/"+url.PathEscape(ref)+"/key", nil)
}

// RevokeClient ends a client's local key for good.
func (c *Client) RevokeClient(ctx context.Context, ref string) (control.Done, error) {
	return call[control.Done](ctx, c, http.MethodDelete, "/api/clients/"+url.PathEscape(ref), nil, nil)
}

// EditClient changes how a client's requests are routed, pins it to an account, or has its requests refused, by its id or name.
func (c *Client) EditClient(ctx context.Context, ref string, in control.EditClient) (control.Client, error) {
	return call[control.Client](ctx, c, http.MethodPatch, "/api/clients/"+url.PathEscape(ref), nil, in)
}

// SetThumb says what the user thought of the answer to a request: up, down, or none to take it back.
func (c *Client) SetThumb(ctx context.Context, id string, thumb control.Thumb) (control.Done, error) {
	return post[control.Done](ctx, c, "/api/requests/"+url.PathEscape(id)+"/thumb", map[string]control.Thumb{"thumb": thumb})
}

// Play asks a model in the playground; what comes of it is told by events, and by Played.
func (c *Client) Play(ctx context.Context, p control.Prompt) (control.Run, error) {
	return post[control.Run](ctx, c, "/api/playground", p)
}

// Played is all that has come of a run of the playground so far.
func (c *Client) Played(ctx context.Context, id string) (control.Run, error) {
	return get[control.Run](ctx, c, "/api/playground/"+url.PathEscape(id), nil)
}

// StopPlaying ends a run.
func (c *Client) StopPlaying(ctx context.Context, id string) (control.Run, error) {
	return call[control.Run](ctx, c, http.MethodDelete, "/api/playground/"+url.PathEscape(id), nil, nil)
}

// Prompt is what was asked in a captured request, as the playground asks it.
func (c *Client) Prompt(ctx context.Context, id string) (control.Prompt, error) {
	return get[control.Prompt](ctx, c, "/api/requests/"+url.PathEscape(id)+"/prompt", nil)
}

// Environment lists the keys that stand in the environment of Metapi.
func (c *Client) Environment(ctx context.Context) ([]control.EnvironmentKey, error) {
	return get[[]control.EnvironmentKey](ctx, c, "/api/environment", nil)
}

// Scores is how good a model's answers are expected to be.
func (c *Client) Scores(ctx context.Context, name string) (control.Scores, error) {
	return get[control.Scores](ctx, c, "/api/scores", url.Values{"name": {name}})
}

// Mode tells the mode in force.
func (c *Client) Mode(ctx context.Context) (control.ModeInfo, error) {
	return get[control.ModeInfo](ctx, c, "/api/mode", nil)
}

// SetMode puts a mode in force.
func (c *Client) SetMode(ctx context.Context, mode string) (control.ModeInfo, error) {
	return call[control.ModeInfo](ctx, c, http.MethodPut, "/api/mode", nil, map[string]string{"mode": mode})
}

// Pause refuses requests until Resume; those that run go on.
func (c *Client) Pause(ctx context.Context) (control.Paused, error) {
	return post[control.Paused](ctx, c, "/api/pause", nil)
}

// Resume takes requests again.
func (c *Client) Resume(ctx context.Context) (control.Paused, error) {
	return post[control.Paused](ctx, c, "/api/resume", nil)
}

// UsageQuery says which requests, and how many rows of them. The zero value is the newest page of all.
type UsageQuery struct {
	Since, Until time.Time
	By           string // model, account, client, session, day or hour: groups are wanted too
	Limit        int    // rows, at most 1000; 0: 1000
	Cursor       string // UsageReport.Next of the page before
}

// Usage tells what was used, and what it cost.
func (c *Client) Usage(ctx context.Context, u UsageQuery) (control.UsageReport, error) {
	q := url.Values{}
	for name, v := range map[string]string{"by": u.By, "cursor": u.Cursor} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for name, t := range map[string]time.Time{"since": u.Since, "until": u.Until} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	if u.Limit != 0 {
		q.Set("limit", strconv.Itoa(u.Limit))
	}
	return get[control.UsageReport](ctx, c, "/api/usage", q)
}

// Request tells all about one request.
func (c *Client) Request(ctx context.Context, id string) (control.Request, error) {
	return get[control.Request](ctx, c, "/api/requests/"+url.PathEscape(id), nil)
}

// Receipt is what a request cost, and why; "last" is the newest.
func (c *Client) Receipt(ctx context.Context, id string) (control.Receipt, error) {
	return get[control.Receipt](ctx, c, "/api/requests/"+url.PathEscape(id)+"/receipt", nil)
}

// Export is which requests [Client.Export] writes. Zero fields do not narrow the choice.
type Export struct {
	Format                        string // csv or jsonl
	Since, Until                  time.Time
	Client, Account, Model, State string
}

// Export writes requests, oldest first.
func (c *Client) Export(ctx context.Context, e Export, to io.Writer) error {
	q := url.Values{"format": {e.Format}}
	for name, v := range map[string]string{"client": e.Client, "account": e.Account, "model": e.Model, "state": e.State} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for name, t := range map[string]time.Time{"since": e.Since, "until": e.Until} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/api/usage/export?"+q.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	c.authorise(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		return cmp.Or(err, error(problem(resp, b)))
	}
	_, err = io.Copy(to, resp.Body)
	return err
}

// Records tells how much the records take.
func (c *Client) Records(ctx context.Context) (control.Records, error) {
	return get[control.Records](ctx, c, "/api/storage", nil)
}

// Compact gives back what the database no longer uses.
func (c *Client) Compact(ctx context.Context) (control.Records, error) {
	return post[control.Records](ctx, c, "/api/storage/compact", nil)
}

// Backup makes a file with everything that is Metapi's.
func (c *Client) Backup(ctx context.Context, in control.MakeBackup) (control.Backup, error) {
	return post[control.Backup](ctx, c, "/api/backup", in)
}

// Restore restores such a file, or says what that would change.
func (c *Client) Restore(ctx context.Context, in control.Restore) (control.Restored, error) {
	return post[control.Restored](ctx, c, "/api/restore", in)
}

// Question is what [Client.Decide] asks about.
type Question struct {
	Client string            `json:"client,omitempty"`
	Path   string            `json:"path,omitempty"`
	Model  string            `json:"model,omitempty"`
	Mode   string            `json:"mode,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Body   json.RawMessage   `json:"body,omitempty"`

	Text     string `json:"text,omitempty"`
	Protocol string `json:"protocol,omitempty"`

	Request string `json:"request,omitempty"`
}

// Decide says how a request would be decided now. Nothing is sent.
func (c *Client) Decide(ctx context.Context, q Question) (control.Decided, error) {
	return call[control.Decided](ctx, c, http.MethodPost, "/api/decide", nil, q)
}

// Replay works out what the requests of the last days would have come to under some modes; none: under all that can be replayed. told, where it is
// not nil, is called as it goes on. Where ctx ends first, so does the work.
func (c *Client) Replay(ctx context.Context, days int, modes []string, told func(control.Replayed)) (control.Replayed, error) {
	r, err := post[control.Replayed](ctx, c, "/api/replay", map[string]any{"days": days, "modes": modes})
	for err == nil && r.Running {
		if told != nil {
			told(r)
		}
		r, err = get[control.Replayed](ctx, c, "/api/replay", url.Values{"after": {strconv.Itoa(r.Version)}})
	}
	if ctx.Err() != nil {
		_, _ = call[control.Replayed](context.WithoutCancel(ctx), c, http.MethodDelete, "/api/replay", nil, nil)
	}
	return r, err
}

// SetBudget is what [Client.SetBudget] sets.
type SetBudget struct {
	Scope  string  `json:"scope"`
	Of     string  `json:"of,omitempty"`
	Period string  `json:"period"`
	USD    float64 `json:"usd"`
	Hard   bool    `json:"hard,omitempty"`
}

// Budgets lists the budgets, and how they do.
func (c *Client) Budgets(ctx context.Context) ([]control.BudgetStanding, error) {
	return get[[]control.BudgetStanding](ctx, c, "/api/budgets", nil)
}

// SetBudget sets a budget, or changes it, and lists them all.
func (c *Client) SetBudget(ctx context.Context, name string, b SetBudget) ([]control.BudgetStanding, error) {
	return call[[]control.BudgetStanding](ctx, c, http.MethodPut, "/api/budgets/"+url.PathEscape(name), nil, b)
}

// RemoveBudget removes a budget, and lists the others.
func (c *Client) RemoveBudget(ctx context.Context, name string) ([]control.BudgetStanding, error) {
	return call[[]control.BudgetStanding](ctx, c, http.MethodDelete, "/api/budgets/"+url.PathEscape(name), nil, nil)
}

// Capture tells what is captured of prompts and replies.
func (c *Client) Capture(ctx context.Context) (control.CaptureInfo, error) {
	return get[control.CaptureInfo](ctx, c, "/api/capture", nil)
}

// CaptureClient has what a client says and is told captured, or ends that.
func (c *Client) CaptureClient(ctx context.Context, ref string, on bool) (control.CaptureInfo, error) {
	return call[control.CaptureInfo](ctx, c, http.MethodPut, "/api/capture/clients/"+url.PathEscape(ref), nil, map[string]bool{"on": on})
}

// LimitCapture changes how long, and how much, is kept; zeros stay as they are.
func (c *Client) LimitCapture(ctx context.Context, days, megabytes int) (control.CaptureInfo, error) {
	in := map[string]int{}
	if days != 0 {
		in["days"] = days
	}
	if megabytes != 0 {
		in["megabytes"] = megabytes
	}
	return call[control.CaptureInfo](ctx, c, http.MethodPatch, "/api/capture", nil, in)
}

// EmptyCapture deletes all that is captured.
func (c *Client) EmptyCapture(ctx context.Context) (control.Done, error) {
	return call[control.Done](ctx, c, http.MethodDelete, "/api/capture", nil, nil)
}

// Captured is what was said in a request.
func (c *Client) Captured(ctx context.Context, id string) (capture.Captured, error) {
	return get[capture.Captured](ctx, c, "/api/requests/"+url.PathEscape(id)+"/captured", nil)
}

// Metrics are the figures for Prometheus, as text.
func (c *Client) Metrics(ctx context.Context) (string, error) {
	b, err := c.bytes(ctx, http.MethodGet, control.MetricsPath, nil)
	return string(b), err
}

// Price tells what a model costs, at each account that offers it, or at one (id, slug or name).
func (c *Client) Price(ctx context.Context, model, account string) ([]control.ModelPrice, error) {
	q := url.Values{"name": {model}}
	if account != "" {
		q.Set("account", account)
	}
	return get[[]control.ModelPrice](ctx, c, "/api/price", q)
}

// Prices tells which list of prices is in force.
func (c *Client) Prices(ctx context.Context) (control.PriceList, error) {
	return get[control.PriceList](ctx, c, "/api/prices", nil)
}

// RefreshPrices fetches the list of prices now. How that went is in the answer.
func (c *Client) RefreshPrices(ctx context.Context) (control.PriceList, error) {
	return call[control.PriceList](ctx, c, http.MethodPost, "/api/prices/refresh", nil, nil)
}

// ForgetPrices goes back to the list that came with this version.
func (c *Client) ForgetPrices(ctx context.Context) (control.PriceList, error) {
	return call[control.PriceList](ctx, c, http.MethodDelete, "/api/prices", nil, nil)
}

// Log reads the last lines of the log, or, with after from the answer before, what was added since.
func (c *Client) Log(ctx context.Context, lines int, after int64) (control.Log, error) {
	q := url.Values{"lines": {strconv.Itoa(lines)}}
	if after >= 0 {
		q.Set("after", strconv.FormatInt(after, 10))
	}
	return get[control.Log](ctx, c, "/api/log", q)
}

// EditAccount renames an account, pauses it or takes it up again, or changes how it is reached.
func (c *Client) EditAccount(ctx context.Context, ref string, in control.EditAccount) (control.Account, error) {
	return call[control.Account](ctx, c, http.MethodPatch, "/api/accounts/"+url.PathEscape(ref), nil, in)
}

// ReplaceKey gives an account another key, if the upstream takes it. Else the account keeps the one it has.
func (c *Client) ReplaceKey(ctx context.Context, ref, key string) (control.Discovered, error) {
	return call[control.Discovered](ctx, c, http.MethodPut, "/api/accounts/"+url.PathEscape(ref)+"/key", nil, map[string]string{"key": key})
}

// OrderAccounts puts the accounts into an order, which failover follows: the id of each, once.
func (c *Client) OrderAccounts(ctx context.Context, ids []string) ([]control.Account, error) {
	return call[[]control.Account](ctx, c, http.MethodPut, "/api/accounts/order", nil, map[string][]string{"ids": ids})
}

// PoolAccounts has accounts share their place in the order, under a name; with an empty one not any more.
func (c *Client) PoolAccounts(ctx context.Context, name string, refs []string) ([]control.Account, error) {
	return call[[]control.Account](ctx, c, http.MethodPut, "/api/accounts/pool", nil, map[string]any{"name": name, "ids": refs})
}

// RestoreAccount brings back an account that was just removed, by its id.
func (c *Client) RestoreAccount(ctx context.Context, id string) (control.Account, error) {
	return post[control.Account](ctx, c, "/api/accounts/"+url.PathEscape(id)+"/restore", nil)
}

// Settings tells the settings.
func (c *Client) Settings(ctx context.Context) (control.Settings, error) {
	return get[control.Settings](ctx, c, "/api/settings", nil)
}

// EditSettings changes settings.
func (c *Client) EditSettings(ctx context.Context, in control.EditSettings) (control.Settings, error) {
	return call[control.Settings](ctx, c, http.MethodPatch, "/api/settings", nil, in)
}

// Network tells how upstreams are reached: each account's, or one by its URL.
func (c *Client) Network(ctx context.Context, to string) (control.NetworkReport, error) {
	q := url.Values{}
	if to != "" {
		q.Set("url", to)
	}
	return get[control.NetworkReport](ctx, c, "/api/network", q)
}

// Unlock gives the passphrase of the encrypted file of secrets.
func (c *Client) Unlock(ctx context.Context, passphrase string) (control.Status, error) {
	return post[control.Status](ctx, c, "/api/unlock", map[string]string{"passphrase": passphrase})
}

// Link makes a link that opens the pages in a browser, once.
func (c *Client) Link(ctx context.Context) (control.Link, error) {
	return post[control.Link](ctx, c, "/api/link", nil)
}

// ShowWindow brings the window of the instance forward, where it has one.
func (c *Client) ShowWindow(ctx context.Context) (control.Shown, error) {
	return post[control.Shown](ctx, c, "/api/window/show", nil)
}

// Shutdown ends the running instance, which lets running requests end first.
func (c *Client) Shutdown(ctx context.Context) (control.Done, error) {
	return post[control.Done](ctx, c, "/api/shutdown", nil)
}

// Bundle gathers what others need to understand what is wrong, without secrets.
func (c *Client) Bundle(ctx context.Context) (control.Bundle, error) {
	return post[control.Bundle](ctx, c, "/api/doctor/bundle", nil)
}

// SaveBundle saves the bundle with this id, if it is the last that was made.
func (c *Client) SaveBundle(ctx context.Context, id string) (control.Saved, error) {
	return post[control.Saved](ctx, c, "/api/doctor/bundle/save", map[string]string{"id": id})
}

// StopDoctor ends what the doctor still looks at.
func (c *Client) StopDoctor(ctx context.Context) (control.Report, error) {
	return call[control.Report](ctx, c, http.MethodDelete, "/api/doctor", nil, nil)
}

// Doctor looks for what is wrong. Each check is told as it ends, where told is not nil; the report has all of them, in their order.
func (c *Client) Doctor(ctx context.Context, told func(control.Check)) (control.Report, error) {
	r, err := post[control.Report](ctx, c, "/api/doctor", nil)
	seen := map[control.Check]bool{}
	for err == nil {
		for _, check := range r.Checks {
			if check.State != "running" && !seen[check] && told != nil {
				told(check)
			}
			seen[check] = true
		}
		if !r.Running {
			return r, nil
		}
		r, err = get[control.Report](ctx, c, "/api/doctor", url.Values{"after": {strconv.Itoa(r.Version)}})
	}
	return r, err
}

// Routing tells what routing.yaml says, and which rules there are to switch on.
func (c *Client) Routing(ctx context.Context) (control.Routing, error) {
	return get[control.Routing](ctx, c, "/api/routing", nil)
}

// EditRouting makes one change of routing.yaml.
func (c *Client) EditRouting(ctx context.Context, e control.RoutingEdit) (control.Routing, error) {
	return call[control.Routing](ctx, c, http.MethodPatch, "/api/routing", nil, e)
}

// SaveRouting saves routing.yaml as a whole, in the place of a version.
func (c *Client) SaveRouting(ctx context.Context, version, text string) (control.Routing, error) {
	return call[control.Routing](ctx, c, http.MethodPut, "/api/routing/text", nil, map[string]string{"version": version, "text": text})
}

// CheckRouting looks for what is wrong with a routing.yaml.
func (c *Client) CheckRouting(ctx context.Context, text string) (control.Checked, error) {
	return post[control.Checked](ctx, c, "/api/routing/check", map[string]string{"text": text})
}

// UndoRouting undoes the last change of routing.yaml.
func (c *Client) UndoRouting(ctx context.Context) (control.Routing, error) {
	return post[control.Routing](ctx, c, "/api/routing/undo", map[string]string{})
}

// SwitchReady switches a ready rule on or off.
func (c *Client) SwitchReady(ctx context.Context, name string, on bool) (control.Routing, error) {
	method := http.MethodDelete
	if on {
		method = http.MethodPut
	}
	return call[control.Routing](ctx, c, method, "/api/routing/ready/"+url.PathEscape(name), nil, nil)
}

// RequestsQuery says which requests; see [UsageQuery].
type RequestsQuery struct {
	Since time.Time
	State string // running, ok, failed, cancelled or interrupted; empty: any
	Limit int
}

// Requests lists requests, newest first.
func (c *Client) Requests(ctx context.Context, r RequestsQuery) (control.Requests, error) {
	q := url.Values{"limit": {strconv.Itoa(r.Limit)}}
	if r.State != "" {
		q.Set("state", r.State)
	}
	if !r.Since.IsZero() {
		q.Set("since", r.Since.UTC().Format(time.RFC3339Nano))
	}
	return get[control.Requests](ctx, c, "/api/requests", q)
}

// Desktop tells what the window's process knows; in the window alone there is one.
func (c *Client) Desktop(ctx context.Context) (control.Desktop, error) {
	return get[control.Desktop](ctx, c, "/api/desktop", nil)
}

// EditDesktop changes what the window's process can.
func (c *Client) EditDesktop(ctx context.Context, in control.EditDesktop) (control.Desktop, error) {
	return call[control.Desktop](ctx, c, http.MethodPatch, "/api/desktop", nil, in)
}
