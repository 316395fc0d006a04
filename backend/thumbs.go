package backend

import (
	"errors"
	"sync"
	"time"

	"metapi/backend/control"
	"metapi/backend/routing/live"
	"metapi/backend/store"
)

// given are the user's thumbs, by request.
var given = store.NewBucket[thumb]("thumbs")

// thumb is one of the user's, with the model that it is on.
type thumb struct {
	Model string `json:"model"`
	live.Thumb
}

// longestThumb is when a thumb no longer counts for anything: its weight is below a thousandth.
const longestThumb = 300 * 24 * time.Hour

// thumbs keeps the user's thumbs in the store, and what they come to in opinions. It implements control.Thumbs.
type thumbs struct {
	st       *store.Store
	opinions live.Opinions

	changing sync.Mutex // one change at a time, so that opinions are those of the last
}

// load forgets what no longer counts, and makes opinions of the rest.
func (t *thumbs) load() error {
	err := t.st.Update(func(tx *store.Tx) error {
		var old []string
		err := given.Each(tx, "", func(request string, th thumb) error {
			if time.Since(th.At) > longestThumb {
				old = append(old, request)
			}
			return nil
		})
		for _, request := range old {
			err = errors.Join(err, given.Delete(tx, request))
		}
		return err
	})
	if err != nil {
		return err
	}
	all, err := t.all()
	counted := map[string]bool{}
	for _, th := range all {
		if !counted[th.Model] {
			counted[th.Model] = true
			t.count(th.Model, all)
		}
	}
	return err
}

// all is what there is, in the order of the requests.
func (t *thumbs) all() (all []thumb, err error) {
	err = t.st.View(func(tx *store.Tx) error { all, err = given.All(tx); return err })
	return all, err
}

// count makes the opinion of a model of its thumbs.
func (t *thumbs) count(model string, all []thumb) {
	var of []live.Thumb
	for _, th := range all {
		if th.Model == model {
			of = append(of, th.Thumb)
		}
	}
	t.opinions.Of(model).Set(of, time.Now())
}

func (t *thumbs) Of(request string) (control.Thumb, error) {
	got := control.None
	err := t.st.View(func(tx *store.Tx) error {
		th, ok, err := given.Get(tx, request)
		switch {
		case ok && th.Up:
			got = control.Up
		case ok:
			got = control.Down
		}
		return err
	})
	return got, err
}

func (t *thumbs) Set(request, model string, th live.Thumb) error {
	return t.change(request, func(tx *store.Tx) error { return given.Put(tx, request, thumb{model, th}) })
}

func (t *thumbs) Remove(request string) error {
	return t.change(request, func(tx *store.Tx) error { return given.Delete(tx, request) })
}

// change changes the thumb on a request, and the opinions of the models that it was and is on.
func (t *thumbs) change(request string, do func(*store.Tx) error) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	var before, after thumb
	err := t.st.Update(func(tx *store.Tx) (err error) {
		if before, _, err = given.Get(tx, request); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		after, _, err = given.Get(tx, request)
		return err
	})
	if err != nil {
		return err
	}
	all, err := t.all()
	if err != nil {
		return err
	}
	for _, th := range [...]thumb{before, after} {
		if th.Model != "" {
			t.count(th.Model, all)
		}
	}
	return nil
}
