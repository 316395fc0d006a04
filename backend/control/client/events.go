package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"metapi/backend/control"
)

// EventsOptions says who listens.
type EventsOptions struct {
	Window bool // a window, which shows itself on EventShow
}

// maxEvent bounds one event.
const maxEvent = 1 << 20

// Events calls fn with each event, in order, until ctx ends, or the instance does or moves to another port; it always
// returns an error. The first event is EventResync. Whoever still wants to listen calls it again, after a pause, and of a
// [Dial]ed client makes a new one.
func (c *Client) Events(ctx context.Context, o EventsOptions, fn func(control.Event)) error {
	path := "/api/events"
	if o.Window {
		path += "?window=1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
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
		b, err := io.ReadAll(io.LimitReader(resp.Body, maxEvent))
		return errors.Join(problem(resp, b), err)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var e control.Event
		if err := json.Unmarshal(data, &e); err != nil {
			return fmt.Errorf("an event of Metapi cannot be read: %w", err)
		}
		fn(e)
	}
	return errors.Join(ctx.Err(), lines.Err(), io.EOF)
}

func (c *Client) authorise(r *http.Request) {
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// Handler returns the control API of whatever this client talks to, for pages that are to use it without its token. What
// a page says of itself, and whatever credentials come with it, stay behind.
func (c *Client) Handler() http.Handler {
	base, err := url.Parse(c.base)
	if err != nil {
		panic(err) // ours
	}
	return &httputil.ReverseProxy{
		Transport: c.http.Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			r.Out.Host = base.Host
			for name := range r.Out.Header {
				switch name {
				case "Origin", "Referer", "Cookie", "Authorization": // the page's own place is not the API's
					r.Out.Header.Del(name)
				default:
					if strings.HasPrefix(name, "Sec-Fetch-") {
						r.Out.Header.Del(name)
					}
				}
			}
			c.authorise(r.Out)
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			p := control.NewProblem(control.Unavailable, control.Sentence("Metapi does not answer: "+err.Error()), "Start it again; `metapi doctor` looks for what is wrong.")
			p.Status, p.Title = http.StatusBadGateway, http.StatusText(http.StatusBadGateway)
			p.Write(w)
		},
	}
}
