package control

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/keychain"
	"metapi/backend/ledger"
	"metapi/backend/ledger/budget"
	"metapi/backend/ledger/capture"
	"metapi/backend/machine"
	"metapi/backend/network"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
)

// Switches are what the user sets for the whole of Metapi. They outlive a restart.
type Switches interface {
	Mode() (routing.Mode, error)
	SetMode(routing.Mode) error
	Paused() (bool, error)
	SetPaused(bool) error
	Settings() (Settings, error)
	SetSettings(Settings) error
}

// Server is an instance that serves.
type Server struct {
	Addresses []string
	PID       int
	Instance  string
	Started   time.Time
	InFlight  func() int64
	Decide    func(context.Context, gateway.Question) (routing.Record, error) // how a request would be decided now
	Stop      func()                                                          // begins the shutdown, and returns
	Ended     <-chan struct{}                                                 // closed when the shutdown begins
	Move      func(port int) (do func(bool), err error)                       // takes another port; do(true) moves there, do(false) gives it back
	Refusals  func() []gateway.Refusal                                        // who was turned away at the door lately
	Play      http.HandlerFunc                                                // serves a request of the playground
	Link      func() (url string)                                             // a link that opens the pages in a browser, once; nil: there are none
}

// Service is the flows of the product over the rooms of the backend. All fields but those marked are given by whoever
// composes it; [Service.Serving] may be called later. It is safe for concurrent use.
type Service struct {
	Version    string
	Dir        string
	LogFile    string
	Accounts   *account.Accounts
	Offers     *catalog.Offers
	Balances   *catalog.Balances
	Refresh    *catalog.Refresher
	Lists      *catalog.Lists
	Ledger     *ledger.Ledger
	Store      Database
	Live       *live.Registry
	Snapshot   func() *snapshot.Snapshot // the one in force; means something only while serving
	Routing    func() routing.Settings   // what the user has written in routing.yaml
	Reread     func()                    // puts it in force as it is now; returns when it is
	Switches   Switches
	Keychain   keychain.Keychain
	Lister     catalog.Lister
	Events     *Hub
	Network    *network.Network
	Probes     func() Probed // what was probed today
	Thumbs     Thumbs
	Budgets    *budget.Keeper
	Meter      *Meter                      // what requests have come to since the start
	SetBudgets func([]budget.Budget) error // puts them in force for good
	Tidy       func()                      // has old requests forgotten at once: the settings say so
	Capture    *capture.Store
	SetCapture func(capture.Settings) error
	Changed    func()                        // called after a change that the snapshot must show; returns when it does
	Trouble    func() []string               // what is wrong with the data folder now, a sentence each
	Check      func() error                  // reads the whole database
	Locked     func() string                 // Status.Locked
	Unlock     func(passphrase string) error // opens the encrypted file of secrets, or makes it
	Explain    func(error) *Problem          // optional: Explain of this package
	Machine    *machine.Machine              // optional: the one that this runs on
	Log        *slog.Logger

	undo        undo
	edits       edits
	examination examination
	replaying   replaying
	playground  playground
	restoring   sync.Mutex // one restore at a time
	editing     sync.Mutex // one change of the settings at a time

	mu      sync.Mutex // guards what follows
	server  *Server
	bundled Bundle // the last
}

// Serving tells the service that an instance serves, or with nil that it no longer does.
func (s *Service) Serving(server *Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
}

func (s *Service) serving() *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server
}

func (s *Service) explain(err error) *Problem {
	if s.Explain != nil {
		return s.Explain(err)
	}
	return Explain(err)
}

// routes is the API's table of contents.
func (s *Service) routes(r *router) {
	route(r, http.MethodGet, "/api/status", "status", "The state of this installation", s.status)
	route(r, http.MethodPost, "/api/doctor", "examine", "Look for what is wrong; each look is told of as it ends", s.examine)
	route(r, http.MethodGet, "/api/doctor", "doctor", "What the doctor has found so far", s.doctor)
	route(r, http.MethodDelete, "/api/doctor", "stopDoctor", "End what the doctor still looks at", s.stopDoctor)
	route(r, http.MethodPost, "/api/doctor/bundle", "bundle", "Gather what others need to understand what is wrong, without secrets", s.bundle)
	route(r, http.MethodPost, "/api/doctor/bundle/save", "saveBundle", "Save the bundle that was looked at", s.saveBundle)
	route(r, http.MethodGet, "/api/log", "log", "Read the log", s.readLog)
	route(r, http.MethodPost, "/api/shutdown", "shutdown", "End the running instance", s.shutdown)
	route(r, http.MethodPost, "/api/unlock", "unlock", "Give the passphrase of the encrypted file of secrets", s.unlock)
	route(r, http.MethodPost, "/api/link", "link", "Make a link that opens the pages in a browser, once", s.link)
	route(r, http.MethodGet, "/api/settings", "settings", "The settings", s.settings)
	route(r, http.MethodPatch, "/api/settings", "editSettings", "Change settings", s.editSettings)
	route(r, http.MethodPost, "/api/backup", "backup", "Make a file with everything that is Metapi's; without keys, unless they are asked for under a passphrase", s.backup)
	route(r, http.MethodPost, "/api/backup/save", "saveBackup", "Make it in the folder of downloads", s.saveBackup)
	route(r, http.MethodPost, restorePath, "restore", "Restore such a file beside what is here, or say what that would change", s.restore)
	route(r, http.MethodGet, "/api/network", "network", "How upstreams are reached", s.network)
	route(r, http.MethodGet, "/api/desktop", "desktop", "What the window's process knows", s.desktop)
	route(r, http.MethodPatch, "/api/desktop", "editDesktop", "Change what the window's process can", s.editDesktop)
	route(r, http.MethodPost, "/api/desktop/quit", "quitDesktop", "End the desktop app", s.quitDesktop)
	route(r, http.MethodPost, "/api/window/show", "showWindow", "Bring the window forward", s.showWindow)

	route(r, http.MethodGet, "/api/providers", "providers", "The kinds of upstream there are", s.providers)
	route(r, http.MethodPost, "/api/recognise", "recognise", "Whose key may this be?", s.recognise)
	route(r, http.MethodGet, "/api/environment", "environment", "Keys that stand in the environment of Metapi, by their variables", s.environment)
	route(r, http.MethodGet, "/api/nearby", "nearbyPorts", "The ports of this machine that would be asked for servers of models", s.nearbyPorts)
	route(r, http.MethodPost, "/api/nearby", "nearby", "Ask ports of this machine for servers of models: only when the person has agreed", s.nearby)
	route(r, http.MethodGet, "/api/accounts", "accounts", "The accounts, in the user's order", s.accounts)
	route(r, http.MethodPost, "/api/accounts", "addAccount", "Add an account: its key is tried first", s.addAccount)
	route(r, http.MethodGet, "/api/accounts/{id}", "account", "One account, by id, slug or name", s.account)
	route(r, http.MethodPatch, "/api/accounts/{id}", "editAccount", "Rename an account, pause it or take it up again", s.editAccount)
	route(r, http.MethodPut, "/api/accounts/{id}/key", "replaceKey", "Give an account another key: it is tried first", s.replaceKey)
	route(r, http.MethodPut, "/api/accounts/pool", "poolAccounts", "Have accounts share their place in the order, or not any more", s.poolAccounts)
	route(r, http.MethodPut, "/api/accounts/order", "orderAccounts", "Put the accounts into an order", s.orderAccounts)
	route(r, http.MethodDelete, "/api/accounts/{id}", "removeAccount", "Remove an account and its key", s.removeAccount)
	route(r, http.MethodPost, "/api/accounts/{id}/restore", "restoreAccount", "Bring back an account that was just removed", s.restoreAccount)
	route(r, http.MethodPost, "/api/accounts/{id}/test", "testAccount", "Try the key, and list the models", s.testAccount)
	route(r, http.MethodPost, "/api/accounts/{id}/refresh", "refreshAccount", "List the models", s.refreshAccount)
	route(r, http.MethodPost, "/api/accounts/{id}/clear-cooldown", "clearCooldown", "Let an account be chosen again at once", s.clearCooldown)
	route(r, http.MethodGet, "/api/health", "health", "How accounts and their models have done lately", s.health)
	route(r, http.MethodGet, "/api/models", "models", "The models on offer", s.models)
	route(r, http.MethodGet, "/api/scores", "scores", "How good a model's answers are expected to be, by what is asked", s.scores)
	route(r, http.MethodGet, "/api/price", "price", "What a model costs, at each account that offers it", s.price)
	route(r, http.MethodGet, "/api/prices", "prices", "The list of prices in force", s.priceList)
	route(r, http.MethodPost, "/api/prices/refresh", "refreshPrices", "Fetch the list of prices now", s.refreshPrices)
	route(r, http.MethodDelete, "/api/prices", "forgetPrices", "Go back to the list of prices that came with this version", s.forgetPrices)

	route(r, http.MethodGet, "/api/clients", "clients", "The clients, revoked ones included", s.clients)
	route(r, http.MethodPost, "/api/clients", "addClient", "Make a client with a new local key", s.addClient)
	route(r, http.MethodGet, "/api/clients/{id}/key", "clientKey", "A client's local key", s.clientKey)
	route(r, http.MethodPatch, "/api/clients/{id}", "editClient", "Change how a client's requests are routed, pin it to an account, pause it, or take its requests again", s.editClient)
	route(r, http.MethodDelete, "/api/clients/{id}", "revokeClient", "End a client's local key", s.revokeClient)

	route(r, http.MethodGet, "/api/mode", "mode", "The mode in force", s.mode)
	route(r, http.MethodPut, "/api/mode", "setMode", "Put a mode in force", s.setMode)
	route(r, http.MethodPost, "/api/pause", "pause", "Refuse requests until resume", s.pause)
	route(r, http.MethodPost, "/api/resume", "resume", "Take requests again", s.resume)

	route(r, http.MethodGet, "/api/routing", "routing", "What routing.yaml says, and which rules there are to switch on", s.routing)
	route(r, http.MethodPatch, "/api/routing", "editRouting", "Make one change of routing.yaml, which leaves all else in it as it is", s.editRouting)
	route(r, http.MethodPut, "/api/routing/text", "saveRouting", "Save routing.yaml as a whole", s.saveRouting)
	route(r, http.MethodPost, "/api/routing/check", "checkRouting", "What is wrong with a routing.yaml, or with a condition? Nothing is kept", s.checkRouting)
	route(r, http.MethodPost, "/api/routing/undo", "undoRouting", "Undo the last change of routing.yaml that was made here", s.undoRouting)
	route(r, http.MethodPut, "/api/routing/ready/{name}", "switchOn", "Switch a ready rule on", s.switchOn)
	route(r, http.MethodDelete, "/api/routing/ready/{name}", "switchOff", "Switch a ready rule off", s.switchOff)

	route(r, http.MethodGet, "/api/usage", "usage", "What was used, and what it cost", s.usage)
	route(r, http.MethodGet, "/api/requests", "requests", "Requests, by what they have in common", s.requests)
	route(r, http.MethodGet, "/api/requests/hours", "hours", "How many requests there are, by the hour", s.hours)
	route(r, http.MethodGet, "/api/requests/{id}", "request", "All about one request", s.request)
	route(r, http.MethodGet, "/api/requests/{id}/receipt", "receipt", "What one request cost, and why; last: the newest", s.receipt)
	route(r, http.MethodPost, "/api/usage/export/save", "saveExport", "Write requests as CSV or JSON lines into the folder of downloads", s.saveExport)
	route(r, http.MethodGet, "/api/storage", "storage", "How much the records take", s.storage)
	route(r, http.MethodPost, "/api/storage/compact", "compact", "Give back what the database no longer uses", s.compact)
	route(r, http.MethodPost, "/api/requests/{id}/thumb", "setThumb", "Say what you thought of an answer, or take it back", s.setThumb)
	route(r, http.MethodGet, "/api/budgets", "budgets", "What may be spent, and what has been", s.budgets)
	route(r, http.MethodPut, "/api/budgets/{name}", "setBudget", "Set a budget, or change it", s.setBudget)
	route(r, http.MethodDelete, "/api/budgets/{name}", "removeBudget", "Remove a budget", s.removeBudget)
	route(r, http.MethodPost, "/api/replay", "replay", "Begin to work out what past requests would have come to under other modes", s.replay)
	route(r, http.MethodGet, "/api/replay", "replayed", "How far that is, and what it came to", s.replayed)
	route(r, http.MethodDelete, "/api/replay", "stopReplay", "End it", s.stopReplay)
	route(r, http.MethodGet, "/api/capture", "capture", "What is captured of prompts and replies, and how much is kept", s.capture)
	route(r, http.MethodPatch, "/api/capture", "limitCapture", "Change how long captured prompts and replies are kept, and how much", s.limitCapture)
	route(r, http.MethodPut, "/api/capture/clients/{id}", "captureClient", "Capture what a client says and is told, or end that", s.captureClient)
	route(r, http.MethodDelete, "/api/capture", "emptyCapture", "Delete all captured prompts and replies at once", s.emptyCapture)
	route(r, http.MethodGet, "/api/requests/{id}/captured", "captured", "What was said in a request, where that was captured", s.captured)
	route(r, http.MethodPost, playPath, "play", "Ask one model in the playground; its answer is told of as it comes", s.play)
	route(r, http.MethodGet, "/api/playground/{id}", "played", "All that has come of it so far", s.played)
	route(r, http.MethodDelete, "/api/playground/{id}", "stopPlaying", "End it", s.stopPlaying)
	route(r, http.MethodGet, "/api/requests/{id}/prompt", "prompt", "What was asked in a request, where that was captured: to ask it in the playground", s.prompt)
	route(r, http.MethodPost, decidePath, "decide", "How would a request be decided now? Nothing is sent", s.decide)
}

// providers lists the kinds of upstream.
func (s *Service) providers(context.Context, *nothing) ([]ProviderInfo, error) {
	return Providers(), nil
}

// Providers lists the kinds of upstream, in the order in which they are shown.
func Providers() []ProviderInfo {
	var list []ProviderInfo
	for _, p := range provider.All() {
		list = append(list, ProviderInfo{ID: p.ID, Name: p.Name, BaseURL: p.DefaultBaseURL, KeyURL: p.KeyURL, Example: p.Example,
			Keyless: p.KeyOptional, Local: p.Local})
	}
	return list
}

// Modes lists the modes there are.
func Modes() []ModeWord {
	var list []ModeWord
	for _, m := range routing.Modes {
		list = append(list, ModeWord{m.Mode, m.Means})
	}
	return list
}
