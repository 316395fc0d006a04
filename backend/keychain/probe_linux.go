package keychain

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/99designs/keyring"
	"github.com/godbus/dbus/v5"
)

const (
	systemHint = "log in to the desktop, or unlock the login keyring in Passwords and Keys"

	secretService = "org.freedesktop.secrets"
	secretPath    = dbus.ObjectPath("/org/freedesktop/secrets")
	collections   = "/org/freedesktop/secrets/collection/"
	loginKeyring  = "login"

	walletService = "org.kde.kwalletd5"
	walletPath    = dbus.ObjectPath("/modules/kwalletd5")
	wallet        = "kdewallet" // KDE's default wallet, open while the user is logged in
)

// probe finds the Secret Service or KWallet on the session bus. It opens no dialog.
func probe(ctx context.Context) (place, error) {
	// The library has looked for the bus once, when the program started. Without that there is nothing to ask, and
	// asking might start a bus of our own: see package nobus.
	if !available(keyring.SecretServiceBackend) && !available(keyring.KWalletBackend) {
		return place{}, errors.New("there is no session bus")
	}
	conn, err := session(ctx)
	if err != nil {
		return place{}, err
	}
	defer conn.Close()
	var owned, startable []string
	bus := conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListNames", 0).Store(&owned); err != nil {
		return place{}, err
	}
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&startable); err != nil {
		return place{}, err
	}
	names := append(owned, startable...)
	why := errors.New("the session bus has neither a Secret Service nor KWallet")
	if slices.Contains(names, secretService) && available(keyring.SecretServiceBackend) {
		p, err := probeSecretService(ctx, conn)
		if err == nil {
			return p, nil
		}
		why = err
	}
	if slices.Contains(names, walletService) && available(keyring.KWalletBackend) {
		return place{
			backend:  keyring.KWalletBackend,
			config:   keyring.Config{ServiceName: wallet, KWalletAppID: "Metapi", KWalletFolder: "Metapi"},
			describe: "KWallet (" + wallet + ")",
			ready:    walletReady,
		}, nil
	}
	return place{}, why
}

// session connects to the session bus, for as long as the context lasts.
func session(ctx context.Context) (*dbus.Conn, error) {
	return dbus.ConnectSessionBus(dbus.WithContext(ctx))
}

// probeSecretService chooses the keyring: "login", which the desktop unlocks at log-in, or where there is none (KDE,
// KeePassXC) the user's default.
func probeSecretService(ctx context.Context, conn *dbus.Conn) (place, error) {
	svc := conn.Object(secretService, secretPath)
	path, err := findCollection(ctx, svc)
	if err != nil {
		return place{}, err
	}
	name := loginKeyring
	if path != "" {
		name = decode(strings.TrimPrefix(string(path), collections))
	} else if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return place{}, errors.New("the Secret Service has no keyring yet, and there is no display to ask for its password on")
	}
	return place{
		backend:  keyring.SecretServiceBackend,
		config:   keyring.Config{ServiceName: service, LibSecretCollectionName: name},
		describe: "Secret Service (" + name + " keyring)",
		ready:    func(ctx context.Context) *Error { return collectionReady(ctx, name) },
	}, nil
}

// findCollection is the path of the login keyring, or of the default one; empty where there is neither.
func findCollection(ctx context.Context, svc dbus.BusObject) (dbus.ObjectPath, error) {
	paths, err := listCollections(ctx, svc)
	if err != nil {
		return "", err
	}
	for _, p := range paths {
		if decode(string(p)) == collections+loginKeyring {
			return p, nil
		}
	}
	var alias dbus.ObjectPath
	err = svc.CallWithContext(ctx, "org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&alias)
	if err != nil {
		return "", err
	}
	// "session" is kept in memory only. "/" is how the service says that there is no default.
	if !slices.Contains(paths, alias) || decode(string(alias)) == collections+"session" {
		return "", nil
	}
	return alias, nil
}

func listCollections(ctx context.Context, svc dbus.BusObject) ([]dbus.ObjectPath, error) {
	var v dbus.Variant
	err := svc.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0,
		"org.freedesktop.Secret.Service", "Collections").Store(&v)
	if err != nil {
		return nil, err
	}
	paths, ok := v.Value().([]dbus.ObjectPath)
	if !ok {
		return nil, errors.New("the Secret Service's list of keyrings cannot be read")
	}
	return paths, nil
}

// collectionReady says whether a keyring can be used without a dialog.
func collectionReady(ctx context.Context, name string) *Error {
	conn, err := session(ctx)
	if err != nil {
		return notReady(ctx, err)
	}
	defer conn.Close()
	paths, err := listCollections(ctx, conn.Object(secretService, secretPath))
	if err != nil {
		return notReady(ctx, err)
	}
	for _, p := range paths {
		if decode(string(p)) != collections+name {
			continue
		}
		var v dbus.Variant
		err := conn.Object(secretService, p).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0,
			"org.freedesktop.Secret.Collection", "Locked").Store(&v)
		if err != nil {
			return notReady(ctx, err)
		}
		if locked, _ := v.Value().(bool); locked {
			return &Error{Kind: ErrLocked, Hint: hints[ErrLocked]}
		}
		return nil
	}
	return &Error{Kind: ErrLocked, Cause: errors.New("the " + name + " keyring does not exist yet"),
		Hint: "Create it in Passwords and Keys, or add the account from the window or a terminal of the desktop session."}
}

// walletReady says whether KDE's wallet is open.
func walletReady(ctx context.Context) *Error {
	conn, err := session(ctx)
	if err != nil {
		return notReady(ctx, err)
	}
	defer conn.Close()
	var open bool
	err = conn.Object(walletService, walletPath).CallWithContext(ctx, "org.kde.KWallet.isOpen", 0, wallet).Store(&open)
	if err != nil {
		return notReady(ctx, err)
	}
	if !open {
		return &Error{Kind: ErrLocked, Hint: hints[ErrLocked]}
	}
	return nil
}

func notReady(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		return &Error{Kind: ErrTimeout, Hint: hints[ErrTimeout]}
	}
	return &Error{Kind: ErrUnavailable, Cause: err, Hint: hints[ErrUnavailable]}
}

// decode undoes the escapes in the last part of a keyring's path ("_31" is "1").
func decode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+3 <= len(s) {
			if raw, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.Write(raw)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
