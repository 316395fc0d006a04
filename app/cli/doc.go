// Package cli is the command line of Metapi.
//
// Every command but the window, serve, stop, version and the completions is one call of the control API, made by
// metapi/backend/control/client: to the instance that runs on the data folder, or where none runs to the same handler in
// this process, under the folder's lock. What a command does, and in which words it went wrong, is decided there; here
// are flags, tables, prompts and exit codes.
//
// # Commands
//
//	metapi [--hidden]                  the window, in builds that have one
//	metapi serve [--port N] [--ui] [--allow-origin URL]... [--first-event-timeout D] [--grace D]
//	metapi ui
//	metapi status
//	metapi accounts add [--provider P] [--base-url U] [--name N] [--key-stdin] [--force]
//	metapi accounts list | test ACCOUNT | remove ACCOUNT
//	metapi accounts find [--port N] [--yes] [--add]
//	metapi models [--account A]
//	metapi keys add NAME | print NAME | list | mode NAME MODE | revoke NAME
//	metapi mode [NAME]
//	metapi worth [thrifty|balanced|careful] [--answer USD] [--hour USD] [--tolerance PERCENT]
//	metapi thumb ID up|down|none
//	metapi explain [MODEL | REQUEST-ID] [--body FILE] [--client NAME] [--mode M]
//	metapi replay [--days N] [--mode M]
//	metapi usage [--since 24h] [--until T] [--by model|account|client|day|hour] [--limit N]
//	metapi logs [-f] [-n LINES]
//	metapi pause | resume | stop
//	metapi doctor [--bundle FILE.zip]
//	metapi version
//	metapi completion bash|fish|powershell|zsh
//
// All take --data DIR, where the data is (default: $METAPI_HOME, else metapi in the user's configuration folder), and
// --json, where they print data. An account is named by its slug, its name or its id; a local key by its name or id.
//
// # Output and exit codes
//
// Standard output has data only: what `keys add` prints there is the key and nothing else. Words for the person go to
// standard error. There is colour on a terminal only, and none with NO_COLOR. The exit codes are those of
// `metapi help exit-codes`:
//
//	0  it worked
//	1  it did not: the message says why
//	2  wrong usage: an unknown command or flag, a bad value
//	3  another Metapi uses the data folder
//	4  not found: an account, a local key, a model
//	5  the keychain is locked or missing
//	6  the upstream refused: the key, or it cannot be reached
//	7  the port is taken
//	8  the data folder or the database cannot be used
package cli
