package catalog

import "sync"

// memo keeps what a catalog has said of names: a name is looked for in every maker's list, and hubs have thousands of names that are asked for
// again with each change of any account.
type memo struct {
	mu   sync.Mutex
	said map[lookup]answer
}

type lookup struct {
	list *list // nil: at no price list
	name string
}

type answer struct {
	model *Model
	price *Price
}

// maxSaid bounds a memo. A hundred hubs with names of their own stay below.
const maxSaid = 1 << 15

// recall answers from memory where it can, else by find.
func (m *memo) recall(q lookup, find func() (*Model, *Price)) (*Model, *Price) {
	m.mu.Lock()
	a, ok := m.said[q]
	m.mu.Unlock()
	if ok {
		return a.model, a.price
	}
	a.model, a.price = find()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.said == nil || len(m.said) >= maxSaid {
		m.said = make(map[lookup]answer, 256)
	}
	m.said[q] = a
	return a.model, a.price
}
