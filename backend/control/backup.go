package control

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"metapi/backend/account"
	"metapi/backend/keychain"
	"metapi/backend/ledger"
	"metapi/backend/ledger/budget"
	"metapi/backend/routing"
	"metapi/backend/settings"
)

// ProvidersDir is the folder, within the data folder, of files that define providers of the user's own.
const ProvidersDir = "providers.d"

// A backup is a zip with these. Nothing else may be in one.
const (
	aboutEntry   = "backup.json"
	stateEntry   = "metapi.json"
	secretsEntry = "secrets" // as package keychain locks it
	ledgerEntry  = "ledger"
)

var providerEntry = regexp.MustCompile(`^` + regexp.QuoteMeta(ProvidersDir) + `/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.ya?ml$`)

const restorePath = "/api/restore"

const (
	backupFormat  = "metapi-backup"
	backupVersion = 1
	maxBackup     = 90 << 20 // what can be sent to restore, as JSON has it
	maxEntry      = 8 << 20  // of one file in it, unpacked
	maxEntries    = 64 << 20 // of all of them but the ledger
	maxLedger     = 2 << 30  // of the ledger, likewise
	minPassphrase = 8
)

// aboutBackup says what a backup is.
type aboutBackup struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Metapi  string    `json:"metapi"`
	Made    time.Time `json:"made"`
}

// backupState is all that is kept in the store. No secret is in it: of a local key it has the hash, so that tools go on after a restore.
type backupState struct {
	account.Carried
	Budgets  []budget.Budget `json:"budgets"`
	Mode     routing.Mode    `json:"mode"`
	Settings Settings        `json:"settings"`
}

// MakeBackup says what a backup is to have.
type MakeBackup struct {
	Keys       bool   `json:"keys,omitempty" doc:"Take the keys along, encrypted under the passphrase"`
	Passphrase string `json:"passphrase,omitempty" doc:"Eight characters or more; kept nowhere"`
	Ledger     bool   `json:"ledger,omitempty" doc:"Take along what requests were made, and what they cost"`
}

// Backup is a file with everything that is Metapi's.
type Backup struct {
	Name string `json:"name" doc:"A name for the file"`
	File []byte `json:"file" doc:"The file, in base64"`
}

// Restore is a backup, and what opens its keys.
type Restore struct {
	File       []byte `json:"file" doc:"The file, in base64"`
	Passphrase string `json:"passphrase,omitempty" doc:"Of the keys in it; empty: they are left out"`
	Check      bool   `json:"check,omitempty" doc:"Only say what would change"`
}

// Restored is what a restore changes.
type Restored struct {
	Made     time.Time       `json:"made" doc:"When the backup was made"`
	Metapi   string          `json:"metapi" doc:"By which version"`
	Changes  []RestoreChange `json:"changes"`
	Settings []string        `json:"settings" doc:"Settings that become other than they are, by their names in the API"`
	Locked   bool            `json:"locked,omitempty" doc:"It has keys, and no passphrase was given for them"`
	Keyless  []string        `json:"keyless,omitempty" doc:"Accounts that will have no key"`
	LeftOut  []string        `json:"left_out,omitempty" doc:"What cannot be brought back here, a sentence each"`
	Kept     string          `json:"kept,omitempty" doc:"Where the backup is of what was before; absent where this was only a check"`
}

// RestoreChange is one thing that is added or becomes another.
type RestoreChange struct {
	What string `json:"what" enum:"account,client,budget,file,mode,records"`
	Name string `json:"name" doc:"Of the account, client, budget or file; the mode; how many requests"`
	New  bool   `json:"new" doc:"It is not here yet"`
}

// backup makes one.
func (s *Service) backup(ctx context.Context, in *struct{ Body MakeBackup }) (Backup, error) {
	file, err := s.pack(ctx, in.Body)
	return Backup{"metapi-backup-" + time.Now().Format("2006-01-02-150405") + ".zip", file}, err
}

// saveBackup makes one in the user's folder of downloads, for a window that cannot download.
func (s *Service) saveBackup(ctx context.Context, in *struct{ Body MakeBackup }) (Saved, error) {
	b, err := s.backup(ctx, in)
	if err != nil {
		return Saved{}, err
	}
	path := filepath.Join(downloads(s.Dir), b.Name)
	return Saved{path}, writeNew(path, b.File)
}

// writeNew writes a file that is not there yet, and that nobody else may read.
func writeNew(path string, data []byte) error {
	_, err := WriteNew(path, func(to io.Writer) error { _, err := to.Write(data); return err })
	if err != nil {
		return NewProblem(Storage, Sentence("the backup cannot be saved: "+err.Error()), "Free some space, and make that folder writable.")
	}
	return nil
}

func (s *Service) pack(ctx context.Context, in MakeBackup) ([]byte, error) {
	if in.Keys && len(in.Passphrase) < minPassphrase {
		return nil, NewProblem(Invalid, fmt.Sprintf("A passphrase of %d characters or more is wanted: who finds the file can try as many as they like.", minPassphrase), "")
	}
	carried, err := s.Accounts.Carry()
	if err != nil {
		return nil, err
	}
	state := backupState{Carried: carried, Budgets: s.setBudgets()}
	if state.Mode, err = s.Switches.Mode(); err != nil {
		return nil, err
	}
	if state.Settings, err = s.allSettings(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name string, data []byte) {
		w, wrong := z.Create(name)
		if err = errors.Join(err, wrong); err == nil {
			_, err = w.Write(data)
		}
	}
	asJSON := func(v any) []byte {
		text, wrong := json.MarshalIndent(v, "", "  ")
		err = errors.Join(err, wrong)
		return text
	}
	put(aboutEntry, asJSON(aboutBackup{backupFormat, backupVersion, s.Version, time.Now().UTC().Truncate(time.Second)}))
	put(stateEntry, asJSON(state))
	files, wrong := s.ownFiles()
	err = errors.Join(err, wrong)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		put(name, files[name])
	}
	if in.Keys && err == nil {
		secrets, wrong := s.Accounts.CarrySecrets(ctx, carried)
		if wrong != nil {
			return nil, wrong
		}
		locked, wrong := keychain.Lock(in.Passphrase, secrets)
		err = errors.Join(err, wrong)
		put(secretsEntry, locked)
	}
	if in.Ledger && err == nil {
		w, wrong := z.Create(ledgerEntry)
		if err = wrong; err == nil {
			err = s.Ledger.Carry(w)
		}
	}
	if err = errors.Join(err, z.Close()); err == nil && out.Len() > maxBackup {
		err = NewProblem(Invalid, fmt.Sprintf("With all requests this backup would take %d MB, which is more than can be restored.", out.Len()>>20),
			"Leave the records out, or copy the data folder while Metapi is not running.")
	}
	return out.Bytes(), err
}

// ownFiles are the files of the user's, by their names in a backup.
func (s *Service) ownFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	names := []string{routing.SettingsFile}
	entries, err := os.ReadDir(filepath.Join(s.Dir, ProvidersDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if name := ProvidersDir + "/" + e.Name(); !e.IsDir() && providerEntry.MatchString(name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(s.Dir, filepath.FromSlash(name)))
		if err == nil && len(text) <= maxEntry {
			files[name] = text
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return files, nil
}

// unpacked is a backup that was read whole, and looked at.
type unpacked struct {
	about   aboutBackup
	state   backupState
	files   map[string][]byte
	secrets map[string]string
	locked  bool      // it has secrets that were not opened
	ledger  *zip.File // nil: none
	records int
}

func noBackup(why string) error {
	return NewProblem(Invalid, Sentence("this file cannot be restored: "+why), "Nothing was changed. Choose a file that Metapi has made as a backup, as it was made.")
}

// unpack reads a backup, which may be anything.
func unpack(file []byte, passphrase string) (*unpacked, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, noBackup("it is cut off, or no backup of Metapi")
	}
	u := &unpacked{files: map[string][]byte{}}
	entries := map[string][]byte{}
	left := maxEntries
	for _, f := range z.File {
		_, twice := entries[f.Name]
		switch {
		case twice || f.Name == ledgerEntry && u.ledger != nil:
			return nil, noBackup(fmt.Sprintf("%.60q is in it twice", f.Name))
		case f.Name == ledgerEntry:
			u.ledger = f
			continue
		case f.Name == aboutEntry || f.Name == stateEntry || f.Name == secretsEntry || f.Name == routing.SettingsFile || providerEntry.MatchString(f.Name):
		default:
			return nil, noBackup(fmt.Sprintf("no backup has a %.60q in it", f.Name))
		}
		r, err := f.Open()
		if err != nil {
			return nil, noBackup("it is damaged")
		}
		text, err := io.ReadAll(io.LimitReader(r, maxEntry+1))
		if left -= len(text); err != nil || len(text) > maxEntry || left < 0 {
			return nil, noBackup(fmt.Sprintf("%s in it is damaged, or too large", f.Name))
		}
		entries[f.Name] = text
	}
	if json.Unmarshal(entries[aboutEntry], &u.about) != nil || u.about.Format != backupFormat {
		return nil, noBackup("it is no backup of Metapi")
	}
	if u.about.Version > backupVersion {
		return nil, NewProblem(Invalid, fmt.Sprintf("This backup was made by a newer Metapi (%.40s).", u.about.Metapi), "Install that version, or a later one, and restore it there. Nothing was changed.")
	}
	if err := json.Unmarshal(entries[stateEntry], &u.state); err != nil {
		return nil, noBackup("what is in it cannot be read: " + err.Error())
	}
	if locked, has := entries[secretsEntry]; has {
		if !keychain.HasLocked(locked) {
			return nil, noBackup("its keys are damaged")
		}
		if u.locked = passphrase == ""; !u.locked {
			if u.secrets, err = keychain.Unlock(passphrase, locked); errors.Is(err, keychain.ErrWrongPassphrase) {
				return nil, NewProblem(Invalid, "This is not the passphrase of the keys in the backup.", "Try again, or leave it empty: all but the keys is restored then. Nothing was changed.")
			} else if err != nil {
				return nil, noBackup("its keys are damaged")
			}
		}
	}
	for name, text := range entries {
		if name == routing.SettingsFile || providerEntry.MatchString(name) {
			u.files[name] = text
		}
	}
	if u.ledger != nil {
		r, err := u.openLedger()
		if err != nil {
			return nil, noBackup("its records are damaged")
		}
		if u.records, err = ledger.CheckCarried(r); err != nil {
			return nil, noBackup("its records are damaged")
		}
	}
	return u, u.check()
}

// openLedger reads the records from their beginning.
func (u *unpacked) openLedger() (io.Reader, error) {
	r, err := u.ledger.Open()
	if err != nil {
		return nil, err
	}
	return io.LimitReader(r, maxLedger), nil
}

// check judges what a person would have entered, as if they had just done so.
func (u *unpacked) check() error {
	if _, err := routing.ParseMode(string(u.state.Mode)); err != nil {
		return noBackup(err.Error())
	}
	for i := range u.state.Budgets {
		if err := u.state.Budgets[i].Check(); err != nil {
			return noBackup("a budget in it: " + err.Error())
		}
	}
	registry := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	schema := huma.SchemaFromType(registry, reflect.TypeFor[Settings]())
	var raw any
	text, err := json.Marshal(u.state.Settings)
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	if err != nil {
		return noBackup("its settings cannot be read")
	}
	var found huma.ValidateResult
	huma.Validate(registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, raw, &found)
	if len(found.Errors) > 0 {
		return noBackup("a setting in it is wrong: " + found.Errors[0].Error())
	}
	return nil
}

// restore puts what a backup has beside what is here. Nothing that is here is removed, and before anything is changed a backup is made of what is.
func (s *Service) restore(ctx context.Context, in *struct{ Body Restore }) (Restored, error) {
	s.restoring.Lock()
	defer s.restoring.Unlock()
	u, err := unpack(in.Body.File, in.Body.Passphrase)
	if err != nil {
		return Restored{}, err
	}
	out, edit, budgets, err := s.planRestore(ctx, u)
	if err != nil || in.Body.Check {
		return out, err
	}
	was, err := s.pack(ctx, MakeBackup{Keys: len(u.secrets) > 0 && len(in.Body.Passphrase) >= minPassphrase, Passphrase: in.Body.Passphrase})
	if err != nil {
		return out, err
	}
	out.Kept = filepath.Join(s.Dir, "backups", "before-restore-"+time.Now().Format("2006-01-02-150405.000")+".zip")
	if err := errors.Join(os.MkdirAll(filepath.Dir(out.Kept), 0o700), writeNew(out.Kept, was)); err != nil {
		return out, err
	}
	// What can be refused comes first: a port that is taken, a keychain that is locked. Each is whole or not at all.
	before, err := s.allSettings()
	if err != nil {
		return out, err
	}
	if _, err := s.editSettings(ctx, &editSettingsInput{edit}); err != nil {
		return out, err
	}
	if _, err := s.Accounts.Bring(ctx, u.state.Carried, u.secrets); err != nil {
		_, undone := s.editSettings(ctx, &editSettingsInput{editTo(before)})
		return out, errors.Join(err, undone)
	}
	err = s.bringRest(u, budgets)
	s.Log.Info("backup restored", "made", u.about.Made, "kept", out.Kept, "error", err)
	s.Reread()
	s.offersChanged()
	s.Events.Changed(TopicStatus, TopicAccounts, TopicModels, TopicClients, TopicSettings, TopicRouting)
	if err != nil {
		err = NewProblem(Storage, Sentence("not all could be restored: "+err.Error()), "Free some space and restore it once more. What was before is in "+out.Kept+".")
	}
	return out, err
}

func (s *Service) bringRest(u *unpacked, budgets []budget.Budget) error {
	var err error
	for _, name := range slices.Sorted(maps.Keys(u.files)) {
		err = errors.Join(err, settings.Write(filepath.Join(s.Dir, filepath.FromSlash(name)), u.files[name]))
	}
	if u.ledger != nil {
		r, wrong := u.openLedger()
		if wrong == nil {
			wrong = s.Ledger.Fill(r)
		}
		if !errors.Is(wrong, ledger.ErrNotEmpty) { // the check has said so
			err = errors.Join(err, wrong)
		}
	}
	return errors.Join(err, s.SetBudgets(budgets), s.Switches.SetMode(u.state.Mode)) // budgets count what the ledger has
}

// planRestore works out what a restore would change.
func (s *Service) planRestore(ctx context.Context, u *unpacked) (out Restored, edit EditSettings, budgets []budget.Budget, err error) {
	out = Restored{Made: u.about.Made, Metapi: u.about.Metapi, Changes: []RestoreChange{}, Settings: []string{}, Locked: u.locked}
	add := func(what, name string, isNew bool) {
		out.Changes = append(out.Changes, RestoreChange{what, name, isNew})
	}
	b, err := s.Accounts.PlanBring(ctx, u.state.Carried, u.secrets)
	var field *account.FieldError
	if errors.As(err, &field) {
		return out, edit, nil, noBackup(field.Error())
	} else if err != nil {
		return out, edit, nil, err
	}
	for _, a := range b.Accounts {
		if b.New[a.ID] || b.Changed[a.ID] {
			add("account", a.Name, b.New[a.ID])
		}
	}
	for _, c := range b.Clients {
		if c.Live() && (b.New[c.ID] || b.Changed[c.ID]) {
			add("client", c.Name, b.New[c.ID])
		}
	}
	out.Keyless = b.Keyless
	budgets = s.setBudgets()
	for _, one := range u.state.Budgets {
		at := slices.IndexFunc(budgets, func(have budget.Budget) bool { return have.Name == one.Name })
		switch {
		case at < 0:
			budgets = append(budgets, one)
		case budgets[at] == one:
			continue
		default:
			budgets[at] = one
		}
		add("budget", one.Name, at < 0)
	}
	here, err := s.ownFiles()
	if err != nil {
		return out, edit, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(u.files)) {
		if have, is := here[name]; !is || !bytes.Equal(have, u.files[name]) {
			add("file", name, !is)
		}
	}
	mode, err := s.Switches.Mode()
	if err != nil {
		return out, edit, nil, err
	}
	if mode != u.state.Mode {
		add("mode", string(u.state.Mode), false)
	}
	if u.ledger != nil {
		empty, err := s.Ledger.Empty()
		if err != nil {
			return out, edit, nil, err
		}
		if empty {
			add("records", fmt.Sprint(u.records), true)
		} else {
			out.LeftOut = append(out.LeftOut, "The records of requests are left out: there are some here already, and they stay.")
		}
	}
	edit, err = s.planSettings(u, &out)
	return out, edit, budgets, err
}

// planSettings works out which settings change. What only the other machine can have known stays as it is here.
func (s *Service) planSettings(u *unpacked, out *Restored) (edit EditSettings, err error) {
	now, err := s.allSettings()
	if err != nil {
		return edit, err
	}
	then := u.state.Settings
	keys, err := s.Accounts.List()
	if err != nil {
		return edit, err
	}
	switch file := then.CAFile; {
	case file == "" || file == now.CAFile:
	case len(keys) > 0: // who is believed may read the keys that are here: beside a proxy, a file from elsewhere shall not say it
		then.CAFile = now.CAFile
		out.LeftOut = append(out.LeftOut, fmt.Sprintf("The file of certificates %s is left out, since there are accounts here: choose it in the settings.", file))
	case s.checkCertificates(&then.CAFile) != nil:
		then.CAFile = now.CAFile
		out.LeftOut = append(out.LeftOut, fmt.Sprintf("The file of certificates %s is not on this machine.", file))
	}
	then.Proxy = now.Proxy // comes with the accounts, and its password
	if to := cmp.Or(u.state.Proxy.String(), now.Proxy); to != now.Proxy {
		out.Settings = append(out.Settings, "proxy")
	}
	if then.Currency != "" && then.Currency != "USD" && !(then.Rate > 0) {
		return edit, noBackup("there is no rate for its currency")
	}
	is, will := reflect.ValueOf(now), reflect.ValueOf(then)
	for i := range is.NumField() {
		if !is.Field(i).Equal(will.Field(i)) {
			name, _, _ := strings.Cut(is.Type().Field(i).Tag.Get("json"), ",")
			out.Settings = append(out.Settings, name)
		}
	}
	return editTo(then), nil
}

// editTo is the change that makes settings so.
func editTo(s Settings) (e EditSettings) {
	text, _ := json.Marshal(s) // cannot fail: words and numbers
	_ = json.Unmarshal(text, &e)
	e.Proxy = nil
	return e
}
