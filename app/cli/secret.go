package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxKey bounds a credential read from standard input, in bytes: service account files are the longest.
const maxKey = 64 << 10

// terminal reports whether somebody sits at standard input.
func (a *app) terminal() bool { return term.IsTerminal(int(a.in.Fd())) }

// hidden asks for a secret without showing it.
func (a *app) hidden(prompt string) (string, error) {
	fmt.Fprint(a.err, prompt)
	b, err := term.ReadPassword(int(a.in.Fd()))
	fmt.Fprintln(a.err)
	return strings.TrimSpace(string(b)), err
}

// readKey reads an account's key from standard input, or asks for it at a terminal.
func (a *app) readKey(fromStdin bool) (string, error) {
	if fromStdin {
		b, err := io.ReadAll(io.LimitReader(a.in, maxKey+1))
		if err != nil {
			return "", fmt.Errorf("the key cannot be read from standard input: %w", err)
		}
		if len(b) > maxKey {
			return "", wrongUsage("Send the key alone.", "What came on standard input is too long for a key.")
		}
		return strings.TrimSpace(string(b)), nil
	}
	if !a.terminal() {
		return "", wrongUsage("Send it on standard input, with --key-stdin.", "There is no terminal to ask for the key at.")
	}
	return a.hidden("API key (it will not be shown): ")
}

// choose asks for a line at a terminal; an empty one takes the proposal.
func (a *app) choose(prompt, proposal string) (string, error) {
	fmt.Fprintf(a.err, "%s [%s]: ", prompt, clean(proposal))
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !(errors.Is(err, io.EOF) && line != "") {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		return proposal, nil
	}
	return line, nil
}

// passphrase is where the passphrase of the encrypted file comes from: METAPI_PASSPHRASE, or somebody at a terminal, who
// types a new one twice. It is nil where there is neither.
func (a *app) passphrase() func(fresh bool) (string, error) {
	if p := os.Getenv("METAPI_PASSPHRASE"); p != "" {
		return func(bool) (string, error) { return p, nil }
	}
	if !a.terminal() {
		return nil
	}
	return func(fresh bool) (string, error) {
		if !fresh {
			return a.hidden("Passphrase of Metapi's secrets: ")
		}
		a.note("There is no keychain here. Secrets can be kept in an encrypted file, under a passphrase.")
		first, err := a.hidden("New passphrase (empty: give up): ")
		if err != nil || first == "" {
			return "", err
		}
		again, err := a.hidden("The same again: ")
		if err == nil && again != first {
			err = errors.New("the two were not the same")
		}
		return first, err
	}
}
