package account

import (
	"cmp"
	"fmt"
	"slices"

	"metapi/backend/store"
)

// Sort puts accounts into the user's order, those of a pool together at the place of the first of them.
func Sort(list []Account) {
	slices.SortFunc(list, func(a, b Account) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	place := map[string]int{} // of each pool
	at := make(map[string]int, len(list))
	for i, acc := range list {
		at[acc.ID] = i
		if acc.Pool == "" {
			continue
		}
		if _, ok := place[acc.Pool]; !ok {
			place[acc.Pool] = i
		}
		at[acc.ID] = place[acc.Pool]
	}
	slices.SortStableFunc(list, func(a, b Account) int { return cmp.Compare(at[a.ID], at[b.ID]) })
}

// Pool puts accounts into the pool of a name, beside those that are in it; an empty name takes them out of theirs. One that is left alone in a pool
// is in none.
func (a *Accounts) Pool(name string, ids []string) error {
	if name != "" {
		var err error
		if name, err = cleanName(name); err != nil {
			return err
		}
	}
	err := a.store.Update(func(tx *store.Tx) error {
		list, err := accounts.All(tx)
		if err != nil {
			return err
		}
		Sort(list)
		members := map[string]int{}
		for i := range list {
			if slices.Contains(ids, list[i].ID) {
				list[i].Pool = name
			}
			members[list[i].Pool]++
		}
		for _, id := range ids {
			if !slices.ContainsFunc(list, func(acc Account) bool { return acc.ID == id }) {
				return notFound("account", id)
			}
		}
		if name != "" && members[name] < 2 {
			return &FieldError{"pool", fmt.Sprintf("%q would be one account's alone; name another to share its place", name)}
		}
		for i := range list {
			if members[list[i].Pool] == 1 {
				list[i].Pool = ""
			}
		}
		Sort(list)
		for i, acc := range list { // what leaves a pool stays where it stood
			acc.Order = i + 1
			if err := accounts.Put(tx, acc.ID, acc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.changed()
	return nil
}
