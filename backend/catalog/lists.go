package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/provider"
	"metapi/backend/store"
)

// PublishedAt is where genai-prices publishes its list.
const PublishedAt = "https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json"

// OutcomeImplausible is that of a list which was read, and cannot be right.
const OutcomeImplausible provider.Outcome = "implausible"

const (
	listEvery   = 24 * time.Hour
	listRetry   = time.Hour // after one that failed
	listTimeout = time.Minute
	largestList = 8 << 20
	mostHops    = 10
)

// Refreshed is how the last refresh of the prices went.
type Refreshed struct {
	Outcome provider.Outcome `json:"outcome"`
	Message string           `json:"message,omitempty"` // in a sentence, for a person
	At      time.Time        `json:"at"`
}

// keptList is the last good list.
type keptList struct {
	Providers json.RawMessage `json:"providers"` // as [Normalise] writes them
	AsOf      string          `json:"as_of"`     // the day on which it was last known to be the newest
	From      string          `json:"from"`
	ETag      string          `json:"etag,omitempty"`
}

var (
	listBucket      = store.NewBucket[keptList]("prices")
	refreshedBucket = store.NewBucket[Refreshed]("prices-refreshed")
)

const listKey = "genai-prices"

// ListsConfig is what [Lists] work with.
type ListsConfig struct {
	Store    *store.Store
	Client   func(context.Context) (provider.Doer, error)
	Setting  func() (on bool, from string) // whether they are refreshed by themselves, and from where; "" for [PublishedAt]
	OnChange func()                        // called after the catalog in force, or what is known of it, has changed
}

// Lists holds the catalog in force: the embedded one, or with the prices that were last fetched, where those are not older. A refresh that fails
// changes nothing. It is safe for concurrent use.
type Lists struct {
	ListsConfig
	now  atomic.Pointer[Catalog]
	wake chan struct{}

	one  sync.Mutex // one refresh at a time
	kept keptList   // guarded by one
}

// NewLists reads the last good list. One that this version cannot read, or that is older than the embedded one, is left alone.
func NewLists(c ListsConfig) (*Lists, error) {
	l := &Lists{ListsConfig: c, wake: make(chan struct{}, 1)}
	l.now.Store(Embedded())
	err := c.Store.View(func(tx *store.Tx) (err error) {
		l.kept, _, err = listBucket.Get(tx, listKey)
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.kept.AsOf >= Embedded().AsOf {
		if fresh, err := Embedded().with(l.kept); err == nil {
			l.now.Store(fresh)
		}
	}
	return l, nil
}

// with is the catalog with other prices.
func (c *Catalog) with(k keptList) (*Catalog, error) {
	f := snapshotFile{Prices: source{"genai-prices", "(refreshed)", k.AsOf}, Capabilities: c.file.Capabilities, Facts: c.file.Facts}
	if err := json.Unmarshal(k.Providers, &f.Providers); err != nil {
		return nil, err
	}
	return newCatalog(&f)
}

// Catalog is the one in force.
func (l *Lists) Catalog() *Catalog { return l.now.Load() }

// Fetched reports whether the prices in force were fetched.
func (l *Lists) Fetched() bool { return l.Catalog() != Embedded() }

// Last is how the last refresh went; one with a zero At where there was none.
func (l *Lists) Last() (last Refreshed, err error) {
	err = l.Store.View(func(tx *store.Tx) error {
		last, _, err = refreshedBucket.Get(tx, listKey)
		return err
	})
	return last, err
}

// Kick makes [Lists.Run] look at the setting again.
func (l *Lists) Kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run refreshes the prices once a day, while the user wants it.
func (l *Lists) Run(ctx context.Context) {
	timer := time.NewTicker(lookAgain)
	defer timer.Stop()
	for {
		last, err := l.Last()
		wait := listEvery
		if last.Outcome != provider.OutcomeOK {
			wait = listRetry
		}
		if on, _ := l.Setting(); on && err == nil && time.Since(last.At) >= wait {
			_, _ = l.Refresh(ctx) // how it went is kept, and shown
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.wake:
		}
	}
}

// Refresh fetches the list, and puts it in force if it can be right. The error is the store's; how the fetching went is in the outcome.
func (l *Lists) Refresh(ctx context.Context) (Refreshed, error) {
	l.one.Lock()
	defer l.one.Unlock()
	_, from := l.Setting()
	if from == "" {
		from = PublishedAt
	}
	now := time.Now()
	fresh, k, r := l.fetch(ctx, from, now)
	r.At = now
	err := l.Store.Update(func(tx *store.Tx) error {
		if fresh != nil {
			if err := listBucket.Put(tx, listKey, k); err != nil {
				return err
			}
		}
		return refreshedBucket.Put(tx, listKey, r)
	})
	if err != nil {
		return Refreshed{}, err
	}
	if fresh != nil {
		l.kept = k
		l.now.Store(fresh)
	}
	l.OnChange()
	return r, nil
}

// Forget goes back to the embedded prices.
func (l *Lists) Forget() error {
	l.one.Lock()
	defer l.one.Unlock()
	err := l.Store.Update(func(tx *store.Tx) error {
		if err := refreshedBucket.Delete(tx, listKey); err != nil {
			return err
		}
		return listBucket.Delete(tx, listKey)
	})
	if err != nil {
		return err
	}
	l.kept = keptList{}
	l.now.Store(Embedded())
	l.OnChange()
	return nil
}

// CheckListAddress says what is wrong with an address to fetch prices from. A list that anybody on the way can change is worth nothing.
func CheckListAddress(from string) error {
	u, err := url.Parse(from)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("%q is no address of a list of prices", from)
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !ip.IsLoopback()) {
		return errors.New("a list of prices is fetched by https, or from this machine")
	}
	return nil
}

// CheckListRedirect keeps an [http.Client] from following a list to where [CheckListAddress] would not have it fetched.
func CheckListRedirect(to *http.Request, via []*http.Request) error {
	if len(via) >= mostHops {
		return errors.New("it is sent from one address to the next without end")
	}
	return CheckListAddress(to.URL.String())
}

// fetch asks for the list. The catalog is nil where nothing new is to be put in force.
func (l *Lists) fetch(ctx context.Context, from string, now time.Time) (*Catalog, keptList, Refreshed) {
	fail := func(o provider.Outcome, format string, a ...any) (*Catalog, keptList, Refreshed) {
		return nil, keptList{}, Refreshed{Outcome: o, Message: fmt.Sprintf(format, a...) + " The prices that were known stay in force."}
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	client, err := l.Client(ctx)
	if err != nil {
		return fail(provider.OutcomeUnreachable, "The list of prices cannot be fetched: %v.", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return fail(provider.OutcomeUnreachable, "The list of prices cannot be fetched: %v.", err)
	}
	same := l.kept.From == from && l.kept.ETag != ""
	if same {
		req.Header.Set("If-None-Match", l.kept.ETag)
	}
	res, err := client.Do(req)
	if err != nil {
		return fail(provider.OutcomeUnreachable, "The list of prices cannot be fetched: %v.", err)
	}
	defer res.Body.Close()
	k := keptList{From: from, ETag: res.Header.Get("ETag"), AsOf: now.UTC().Format(time.DateOnly)}
	switch {
	case res.StatusCode == http.StatusNotModified && same:
		k.Providers, k.ETag = l.kept.Providers, l.kept.ETag
	case res.StatusCode != http.StatusOK:
		return fail(provider.OutcomeUnreachable, "The list of prices cannot be fetched: %s answered with status %d.", req.URL.Host, res.StatusCode)
	default:
		text, err := io.ReadAll(io.LimitReader(res.Body, largestList+1))
		if err != nil {
			return fail(provider.OutcomeUnreachable, "The list of prices broke off: %v.", err)
		}
		if len(text) > largestList {
			return fail(OutcomeImplausible, "The list of prices is larger than %d MB.", largestList>>20)
		}
		var left []string
		if k.Providers, left, err = Normalise(text); err != nil {
			return fail(provider.OutcomeUnparsable, "The list of prices cannot be read: %v.", err)
		}
		if len(left) > maxLeft {
			return fail(provider.OutcomeUnparsable, "The list of prices has %d prices that this version of Metapi does not understand, such as %s.", len(left), left[0])
		}
	}
	fresh, err := Embedded().with(k)
	if err != nil {
		return fail(provider.OutcomeUnparsable, "The list of prices cannot be read: %v.", err)
	}
	if why := implausible(l.Catalog(), fresh, now); why != "" {
		return fail(OutcomeImplausible, "The list of prices is not believed: %s.", why)
	}
	return fresh, k, Refreshed{Outcome: provider.OutcomeOK}
}

// maxLeft is how many prices of a list may be beyond us before all of it is.
const maxLeft = 50

// implausible says why a list cannot be right, beside the one in force; "" where it can. Prices halve and double, and models come and go, but not
// most of them from one day to the next.
func implausible(was, is *Catalog, at time.Time) string {
	known, missing, wild := 0, 0, 0
	for id, l := range was.lists {
		for i := range l.models {
			old := l.models[i].price
			if old == nil {
				continue
			}
			known++
			fresh := is.lists[id].named(l.models[i].ID)
			if fresh == nil {
				missing++
				continue
			}
			a, b := old.Holding(at).For(0), fresh.Holding(at).For(0)
			if tenfold(a.Input, b.Input) || tenfold(a.Output, b.Output) {
				wild++
			}
		}
	}
	switch {
	case missing > known/2:
		return fmt.Sprintf("it lacks %d of the %d prices that are known", missing, known)
	case wild > known/10:
		return fmt.Sprintf("it changes %d of %d prices tenfold or more", wild, known)
	}
	return ""
}

func tenfold(a, b Rate) bool {
	return a.Known && b.Known && a.USD != b.USD && max(a.USD, b.USD) >= 10*min(a.USD, b.USD)
}

// named is the price of the model with an id; nil where the list has none.
func (l *list) named(id string) *Price {
	if l == nil {
		return nil
	}
	i := slices.IndexFunc(l.models, func(m listed) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return l.models[i].price
}
