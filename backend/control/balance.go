package control

import (
	"context"
	"time"

	"metapi/backend/catalog"
)

// balanceWait is how long somebody who has just added or tried an account is kept waiting for its balance.
const balanceWait = 5 * time.Second

// low is less than this in a currency, else less than one of it: about as much as a long answer of a large model costs.
var low = map[string]float64{"CNY": 7}

// showBalance is nil where nothing was ever told.
func showBalance(b catalog.Balance) *Balance {
	if len(b.Amounts) == 0 {
		return nil
	}
	out := &Balance{At: b.At, Outcome: b.Outcome, Message: b.Message, Asked: b.Asked, Low: true}
	for _, a := range b.Amounts {
		out.Amounts = append(out.Amounts, Amount{a.Currency, a.Value})
		least, known := low[a.Currency]
		if !known {
			least = 1
		}
		out.Low = out.Low && a.Value < least
	}
	return out
}

// askBalance asks what an account has left, for who looks at it next. Where that takes long, or fails, the account is shown as it was known.
func (s *Service) askBalance(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, balanceWait)
	defer cancel()
	if _, err := s.Balances.Refresh(ctx, id); err != nil {
		s.Log.Warn("the balance was not told", "account", id, "error", err)
	}
}
