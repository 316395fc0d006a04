package budget

import "time"

// Ask says what [Keeper.Hold] would answer if so many dollars more were held: the budget that leaves no room, or nil. Nothing is held.
func (k *Keeper) Ask(u Use, more float64, now time.Time) *Over {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, b := range k.budgets {
		if b.turn(now); b.Hard && b.concerns(u) && b.spent+b.held.usd()+more >= b.USD {
			return &Over{b.Budget, b.until, b.spent < b.USD}
		}
	}
	return nil
}
