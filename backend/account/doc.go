// Package account keeps the user's accounts, their keys, and the local keys of the clients that call Metapi.
//
// An [Account] is one credential at one provider and base URL. Its record is in the store; its secret is only in the
// keychain, under "metapi/account/<id>". A [Client] is a tool that calls Metapi with a local key of its own: the store
// has the key's hash, which is all that checking a call needs, and the keychain has its text, so that it can be shown
// again.
//
// How an account is reached, straight or through a proxy, is its [Proxy], with the password in the keychain as well; one more is for all accounts that
// have no word of their own.
//
//	accounts := account.New(st, kc)
//	a, err := accounts.Add(ctx, account.Account{Name: "Work", Provider: "openai"}, secret)
//	secret, err := accounts.Secret(ctx, a.ID)
//
// # Two places, one truth
//
// The store and the keychain cannot be changed in one transaction. The store decides what exists, and is changed last
// when something appears and first when it goes: a kill in between leaves at most a secret that nothing points to. Its
// key is noted in the store beforehand (the bucket "leftovers"), and [Accounts.Sweep], called at the start, deletes
// what was noted and is of no use.
//
// # What is refused
//
// Names, keys and base URLs are checked here whoever calls; a [*FieldError] names the field. The same key twice at one
// base URL is refused, by comparing with the secrets of the accounts there: no hash of an upstream secret is stored.
// The base URL of an account can only change within its host, since a credential goes to no host but the one it was
// stored for.
package account
