package control

import (
	"time"

	"metapi/backend/ledger"
	"metapi/backend/provider"
	"metapi/backend/routing"
)

// The types of the control API. Times are RFC 3339 in UTC, durations whole milliseconds, money US dollars.

// Status is the state of this installation in one look.
type Status struct {
	Version   string            `json:"version"`
	Dir       string            `json:"dir" doc:"The data folder"`
	Running   bool              `json:"running" doc:"An instance serves; false where a command looks at the data itself"`
	PID       int               `json:"pid,omitempty"`
	Instance  string            `json:"instance,omitempty" doc:"Names this start of the instance"`
	Addresses []string          `json:"addresses,omitempty" doc:"host:port at which clients are served"`
	Started   time.Time         `json:"started,omitzero"`
	Mode      routing.Mode      `json:"mode"`
	Paused    bool              `json:"paused"`
	UI        bool              `json:"ui,omitempty" doc:"The pages are served to browsers"`
	InFlight  int64             `json:"in_flight" doc:"Requests that upstreams are working on"`
	Keychain  string            `json:"keychain" doc:"Where secrets are kept, in words"`
	Locked    string            `json:"locked,omitempty" enum:"passphrase,new-passphrase" doc:"Secrets cannot be reached until a passphrase is given; new-passphrase: until one is chosen, since this machine has no keychain"`
	Models    int               `json:"models" doc:"Distinct model names on offer"`
	Keys      int               `json:"keys" doc:"Local keys that are not revoked"`
	Accounts  []AccountStanding `json:"accounts"`
	Trouble   []string          `json:"trouble,omitempty" doc:"What is wrong now, a sentence each"`
	Capturing []string          `json:"capturing,omitempty" doc:"Clients whose prompts and replies are captured, by name"`
}

// AccountStanding says whether an account may be chosen now.
type AccountStanding struct {
	ID       string    `json:"id"`
	Slug     string    `json:"slug"`
	Provider string    `json:"provider"`
	State    string    `json:"state" enum:"ready,cooling,partly-cooling,blocked,no-models,paused" doc:"ready: may be chosen; paused: the user has left it out; cooling: not until a time; partly-cooling: some of its models are; blocked: its key cannot be used; no-models: nothing is known to be offered"`
	Reason   string    `json:"reason,omitempty"`
	Until    time.Time `json:"until,omitzero" doc:"When the first of what cools may be tried again"`
	InFlight int64     `json:"in_flight"`
	Models   int       `json:"models" doc:"Models on offer"`
}

// Account is one credential of the user, without its secret.
type Account struct {
	ID       string    `json:"id"`
	Slug     string    `json:"slug" doc:"Names it in account/model"`
	Name     string    `json:"name"`
	Provider string    `json:"provider"`
	BaseURL  string    `json:"base_url"`
	KeyHint  string    `json:"key_hint" doc:"At most the last four characters of the key"`
	Created  time.Time `json:"created"`
	Order    int       `json:"order" doc:"Its place in the user's order, which failover follows"`
	Pool     string    `json:"pool,omitempty" doc:"Accounts of one pool share the place of the first of them, and requests are spread among them"`
	Paused   bool      `json:"paused" doc:"The user wants it left out"`
	Verified time.Time `json:"verified,omitzero" doc:"When its key was last seen to work"`
	Proxy    string    `json:"proxy,omitempty" doc:"How it is reached: direct, system, or a proxy's URL, its password shown as ***; absent: as the settings say"`
	Models   int       `json:"models" doc:"Models on offer"`
	Scan     Scan      `json:"scan" doc:"The last discovery"`
	Balance  *Balance  `json:"balance,omitempty" doc:"What is left; absent where the provider does not tell"`
}

// Balance is what an account has left, as its provider told it.
type Balance struct {
	Amounts []Amount         `json:"amounts" doc:"By currency"`
	At      time.Time        `json:"at,omitzero" doc:"When it was told"`
	Low     bool             `json:"low,omitempty" doc:"Little or nothing is left"`
	Outcome provider.Outcome `json:"outcome" enum:"ok,unreachable,unauthorised,blocked,unparsable,no-secret,not-offered" doc:"How asking for it went the last time; what was told before stays"`
	Message string           `json:"message,omitempty" doc:"In words, where that did not go well"`
	Asked   time.Time        `json:"asked"`
}

// Amount is money in a currency.
type Amount struct {
	Currency string  `json:"currency"`
	Value    float64 `json:"value" doc:"Below zero where it is owed"`
}

// Scan is how a discovery went.
type Scan struct {
	Outcome  provider.Outcome `json:"outcome,omitempty" enum:"ok,empty,unreachable,unauthorised,blocked,unparsable,"`
	Message  string           `json:"message,omitempty" doc:"In words, where it did not go well"`
	At       time.Time        `json:"at,omitzero"`
	LastGood time.Time        `json:"last_good,omitzero" doc:"When the list of models was last known to be right"`
}

// EditAccount is a change of an account; what is absent stays.
type EditAccount struct {
	Name    *string `json:"name,omitempty"`
	BaseURL *string `json:"base_url,omitempty" doc:"As people paste it; the key goes to no other server than the one that it was given for"`
	Paused  *bool   `json:"paused,omitempty"`
	Proxy   *string `json:"proxy,omitempty" doc:"How it is reached; empty: as the settings say. *** as its password keeps the one that is known"`
}

// Removed acknowledges that an account is gone.
type Removed struct {
	Message string `json:"message"`
	Undo    bool   `json:"undo" doc:"It can be brought back for ten minutes"`
}

// AddAccount asks for a new account.
type AddAccount struct {
	Provider string `json:"provider,omitempty" doc:"A provider id; may be left out where the key tells"`
	BaseURL  string `json:"base_url,omitempty" doc:"As people paste it; the provider's own where empty"`
	Name     string `json:"name,omitempty" doc:"The provider's name where empty"`
	Key      string `json:"key,omitempty" doc:"The secret; goes to the keychain"`
	Variable string `json:"variable,omitempty" doc:"The variable of Metapi's environment that has it, in place of the key: one of those that are offered"`
	Proxy    string `json:"proxy,omitempty" doc:"How it is reached: direct, system, or a proxy's URL; as the settings say where empty"`
	Force    bool   `json:"force,omitempty" doc:"Keep the account even if its models cannot be listed now (not if the key is refused)"`
}

// NearbyPorts are the ports of this machine that would be asked for servers of models.
type NearbyPorts struct {
	Ports []int `json:"ports"`
}

// Nearby is which servers of models were found on this machine.
type Nearby struct {
	Ports   []int          `json:"ports" doc:"Those that were asked"`
	Servers []NearbyServer `json:"servers"`
}

// NearbyServer is one server of models on this machine.
type NearbyServer struct {
	Provider string   `json:"provider" doc:"A provider id: as it shows itself to be, else openai-compatible"`
	Name     string   `json:"name" doc:"The provider's name"`
	BaseURL  string   `json:"base_url"`
	Models   []string `json:"models"`
	NeedsKey bool     `json:"needs_key" doc:"It tells its models only with a key"`
	Known    bool     `json:"known" doc:"It is known to run its models itself, so that they cost nothing; else it may pass requests on to where they do"`
	Account  string   `json:"account,omitempty" doc:"The slug of the account that it has already"`
}

// Discovered is an account after its models were asked for.
type Discovered struct {
	Account Account `json:"account"`
	OK      bool    `json:"ok" doc:"The listing answered, and the key was taken"`
	Message string  `json:"message" doc:"How it went, in a sentence"`
	Hint    string  `json:"hint,omitempty"`
	New     int     `json:"new" doc:"Models that were not on offer before"`
	Gone    int     `json:"gone" doc:"Models that are no longer on offer"`
	Millis  int64   `json:"ms" doc:"How long the listing took"`
}

// Recognised lists the accounts that a pasted key may belong to.
type Recognised struct {
	Certain   bool       `json:"certain" doc:"The key's form is one vendor's alone"`
	Proposals []Proposal `json:"proposals" doc:"Likeliest first"`
}

// ProviderInfo is a kind of upstream.
type ProviderInfo struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	BaseURL string `json:"base_url,omitempty" doc:"Empty where only the user can know it"`
	KeyURL  string `json:"key_url,omitempty" doc:"Where a person gets a key"`
	Example string `json:"example,omitempty" doc:"What a base URL looks like, where each account has its own"`
	Keyless bool   `json:"keyless,omitempty" doc:"It can be called without a key"`
	Local   bool   `json:"local,omitempty" doc:"A server on this machine"`
}

// Proposal is one account that a pasted key may belong to.
type Proposal struct {
	Provider string `json:"provider" doc:"A provider id"`
	BaseURL  string `json:"base_url,omitempty" doc:"Empty for the provider's own, or where only the user can know it"`
	Name     string `json:"name" doc:"A name for the account"`
	Why      string `json:"why" doc:"What the proposal rests on, in half a sentence"`
}

// Model is one model name offered by one account.
type Model struct {
	Name          string   `json:"name" doc:"As the upstream calls it"`
	Model         string   `json:"model" doc:"The canonical id"`
	Display       string   `json:"display,omitempty"`
	Account       string   `json:"account" doc:"The account's slug"`
	Provider      string   `json:"provider"`
	Protocols     []string `json:"protocols"`
	Context       int64    `json:"context,omitempty" doc:"Tokens; absent where unknown"`
	MaxOutput     int64    `json:"max_output,omitempty" doc:"Tokens; absent where unknown"`
	Input         *float64 `json:"input_usd,omitempty" doc:"Dollars per million input tokens; absent where unknown"`
	Output        *float64 `json:"output_usd,omitempty" doc:"Dollars per million output tokens; absent where unknown"`
	CacheRead     *float64 `json:"cache_read_usd,omitempty" doc:"Dollars per million input tokens read from a cache; absent where unknown"`
	CacheWrite    *float64 `json:"cache_write_usd,omitempty" doc:"Dollars per million input tokens written to a cache; absent where unknown"`
	Tiered        bool     `json:"tiered,omitempty" doc:"Long prompts, or some hours, cost another price"`
	PriceSource   string   `json:"price_source,omitempty" doc:"Where the price is from"`
	PriceAsOf     string   `json:"price_as_of,omitempty" doc:"The day of that, 2006-01-02"`
	PriceOld      bool     `json:"price_old,omitempty" doc:"The source is so old that the price may well have changed"`
	PriceFree     bool     `json:"price_free,omitempty" doc:"It is known to cost nothing"`
	PriceUnknown  string   `json:"price_unknown,omitempty" doc:"Why no price is known; cost mode then takes it last"`
	PriceDisputed string   `json:"price_disputed,omitempty" doc:"A source that differs by more than a tenth; budgets hold back by the dearer"`
	OtherInput    *float64 `json:"other_input_usd,omitempty" doc:"What that one says"`
	OtherOutput   *float64 `json:"other_output_usd,omitempty"`

	Quality *float64 `json:"quality,omitempty" minimum:"0" maximum:"1" doc:"The share of good answers that is expected of it; absent where nothing is known, or nobody serves"`

	Can      []string  `json:"can,omitempty" enum:"images,reasoning" doc:"What it is known to take or do; absent where nothing is known"`
	LastSeen time.Time `json:"last_seen"`
	Gone     time.Time `json:"gone,omitzero" doc:"Since when the account no longer lists it"`
}

// Client is a tool that may call Metapi.
type Client struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	KeyHint string    `json:"key_hint"`
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked,omitzero"`
	Paused  string    `json:"paused,omitempty" doc:"Why its requests are refused for now, in words; absent: they are not"`
	Capture bool      `json:"capture,omitempty" doc:"Its prompts and replies are captured"`
	Mode    string    `json:"mode,omitempty" doc:"How its requests are routed; absent: as the mode in force says"`
	Pin     string    `json:"pin,omitempty" doc:"The id of the only account that its requests go to; absent: any"`
	PinSlug string    `json:"pin_slug,omitempty" doc:"The slug of that account"`
}

// EditClient is a change of a client; what is absent stays.
type EditClient struct {
	Mode   *string `json:"mode,omitempty" doc:"How its requests are routed; empty: as the mode in force says"`
	Paused *bool   `json:"paused,omitempty" doc:"Refuse its requests until it is resumed"`
	Pin    *string `json:"pin,omitempty" doc:"The only account that its requests go to, by id, slug or name; empty: any"`
}

// ClientKey is a client with its local key.
type ClientKey struct {
	Client Client `json:"client"`
	Key    string `json:"key" doc:"The local key"`
}

// ModeInfo is the mode in force, and what there is to choose from.
type ModeInfo struct {
	Mode  routing.Mode `json:"mode"`
	Modes []ModeWord   `json:"modes"`
}

// ModeWord is one mode.
type ModeWord struct {
	Mode  routing.Mode `json:"mode"`
	Means string       `json:"means"`
}

// Paused tells whether requests are refused until told otherwise.
type Paused struct {
	Paused bool `json:"paused"`
}

// Figures is what a number of requests came to. Tokens are in disjoint classes, but for reasoning_tokens, which are a
// part of output_tokens.
type Figures struct {
	Requests        int64   `json:"requests"`
	OK              int64   `json:"ok"`
	Failed          int64   `json:"failed"`
	Cancelled       int64   `json:"cancelled"`
	Interrupted     int64   `json:"interrupted"`
	Running         int64   `json:"running"`
	Input           int64   `json:"input_tokens" doc:"Fresh input: neither read from a cache nor written to one"`
	CacheRead       int64   `json:"cache_read_tokens"`
	CacheWrite      int64   `json:"cache_write_tokens" doc:"Of any lifetime"`
	Output          int64   `json:"output_tokens" doc:"Reasoning included"`
	Reasoning       int64   `json:"reasoning_tokens"`
	TokensEstimated int64   `json:"tokens_estimated" doc:"Requests some of whose tokens were counted by Metapi, not told by the upstream"`
	CostUSD         float64 `json:"cost_usd" doc:"What is known of the cost"`
	CostEstimated   int64   `json:"cost_estimated" doc:"Requests some of whose cost stands on such a count"`
	CostUnknown     int64   `json:"cost_unknown" doc:"Requests some of whose tokens have no known price; cost_usd leaves them out"`
	SavedUSD        float64 `json:"saved_usd" doc:"What the baseline of the settings would have cost more; below zero where it would have cost less"`
	Compared        int64   `json:"compared" doc:"Requests that saved_usd is about: those of which both costs are known"`
}

// Group is the figures of one model, account, client, session, day or hour.
type Group struct {
	Key  string `json:"key" doc:"The model, the account's, client's or session's id, the day as 2006-01-02, or the start of the hour; days are those of this machine's time zone"`
	Name string `json:"name" doc:"The key in words"`
	Figures

	Client string `json:"client,omitempty" doc:"The client's name, where the group is a session"`
	Day    string `json:"day,omitempty" doc:"The day as 2006-01-02, where the group is an account or a model on a day"`
}

// Row is one request.
type Row struct {
	ID            string        `json:"id"`
	Start         time.Time     `json:"start"`
	Client        string        `json:"client" doc:"The client's name"`
	Account       string        `json:"account,omitempty" doc:"The slug of the account that had the last word, or is being asked"`
	Struck        []string      `json:"struck,omitempty" doc:"The slugs of the accounts that were asked before it, and could not serve"`
	Model         string        `json:"model" doc:"The canonical model, or what was asked for where it is none"`
	Protocol      string        `json:"protocol"`
	State         routing.State `json:"state"`
	Status        int           `json:"status,omitempty" doc:"The HTTP status that the client got"`
	Error         string        `json:"error,omitempty"`
	Stream        bool          `json:"stream"`
	Attempts      int           `json:"attempts"`
	TookMS        int64         `json:"took_ms,omitempty"`
	FirstByteMS   int64         `json:"first_byte_ms,omitempty" doc:"To the first meaningful event of a stream"`
	Input         int64         `json:"input_tokens"`
	CacheRead     int64         `json:"cache_read_tokens"`
	CacheWrite    int64         `json:"cache_write_tokens"`
	Output        int64         `json:"output_tokens"`
	Reasoning     int64         `json:"reasoning_tokens"`
	Estimated     bool          `json:"tokens_estimated"`
	CostUSD       *float64      `json:"cost_usd" doc:"null where the price is not known" nullable:"true"`
	CostEstimated bool          `json:"cost_estimated"`
	CostToldBy    string        `json:"cost_told_by,omitempty" doc:"The provider that told the cost in its reply; absent where it was computed from a price"`
}

// UsageReport answers what was used, and what it cost.
type UsageReport struct {
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Totals Figures   `json:"totals"`
	Method string    `json:"method" doc:"What savings are counted against, in a sentence"`
	Money  *Money    `json:"money,omitempty" doc:"How the user wants to see money; absent: in dollars, as all of this is"`
	Groups []Group   `json:"groups,omitempty"`
	Misses []Miss    `json:"misses,omitempty" doc:"How far off what requests were expected to take was, by model, that with the most requests first; whole hours"`
	Rows   []Row     `json:"rows" doc:"Newest first"`
	Next   string    `json:"next,omitempty" doc:"Cursor of the next, older page of rows; absent on the last"`
}

// Miss is how far off the estimates of a model were: the median error, as a share of what was true. Absent where nothing is known of it.
type Miss struct {
	Model    string   `json:"model"`
	Requests int64    `json:"requests" doc:"Those that were answered, whose prompt was estimated, and whose upstream told what they took"`
	Prompt   *float64 `json:"prompt,omitempty" doc:"Of the tokens of the prompt"`
	Output   *float64 `json:"output,omitempty" doc:"Of the tokens of the reply"`
	Cost     *float64 `json:"cost,omitempty" doc:"Of the cost in dollars"`
}

// Requests is one page of requests.
type Requests struct {
	Rows []Row  `json:"rows" doc:"Newest first, unless the oldest were asked for first"`
	Next string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
}

// Timeline is how many requests there are, by the hour that they began in: by it a page anywhere among them is found.
type Timeline struct {
	Hours []ledger.Hour `json:"hours" doc:"Oldest first; hours without any are left out"`
}

// Request is all that the ledger keeps of one request.
type Request struct {
	Row    Row            `json:"row"`
	Record routing.Record `json:"record"`
	Why    string         `json:"why,omitempty" doc:"Why the first candidate came first, in a sentence"`
	Thumb  Thumb          `json:"thumb" enum:"up,down,none" doc:"What the user thought of the answer"`

	Accounts map[string]string `json:"accounts" doc:"The accounts' names, by id"`
}

// Log is a part of the log file.
type Log struct {
	Path  string   `json:"path"`
	Lines []string `json:"lines"`
	Next  int64    `json:"next" doc:"Give this as after to read on from here"`
}

// Check is one thing that the doctor looked at.
type Check struct {
	Name    string `json:"name"`
	Group   string `json:"group" doc:"What it belongs to, in words"`
	State   string `json:"state" enum:"ok,warn,fail,running,stopped"`
	Detail  string `json:"detail" doc:"What was found, in a sentence"`
	Next    string `json:"next,omitempty" doc:"The one thing to do about it, in a sentence"`
	Command string `json:"command,omitempty" doc:"What to run for it"`
	Page    string `json:"page,omitempty" doc:"The path of the page where it can be done"`
}

// Report is what the doctor found.
type Report struct {
	OK      bool      `json:"ok" doc:"All was looked at, and nothing failed; warnings do not count"`
	Running bool      `json:"running" doc:"Some of it is still being looked at"`
	Version int       `json:"version" doc:"Rises with every change"`
	Started time.Time `json:"started,omitzero" doc:"Absent where the doctor has not been asked yet"`
	Ended   time.Time `json:"ended,omitzero"`
	Checks  []Check   `json:"checks"`
}

// Bundle is what can be given to others so that they understand what is wrong. No secret is in it.
type Bundle struct {
	ID      string       `json:"id"`
	Files   []BundleFile `json:"files"`
	LeftOut []string     `json:"left_out" doc:"What is not in it that should be, and why, a sentence each"`
}

// BundleFile is one file of it.
type BundleFile struct {
	Name string `json:"name"`
	What string `json:"what" doc:"What it holds, in words"`
	Text string `json:"text"`
}

// Saved says where something was saved.
type Saved struct {
	Path string `json:"path"`
}

// Done acknowledges what gives nothing back.
type Done struct {
	Message string `json:"message"`
}
