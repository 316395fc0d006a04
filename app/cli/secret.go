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
	if err := a.ctx.Err(); err != nil { // Ctrl-C at an earlier prompt
		return "", err
	}
	fd := int(a.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.err, prompt)
	defer fmt.Fprintln(a.err)
	return a.answer(func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	}, func() { term.Restore(fd, before) }) // else the terminal would stay mute after Ctrl-C
}

// answer waits for what a person types, or for Ctrl-C: reading itself cannot be interrupted, and is left behind.
func (a *app) answer(read func() (string, error), undo func()) (string, error) {
	type typed struct {
		text string
		err  error
	}
	done := make(chan typed, 1)
	go func() {
		text, err := read()
		done <- typed{strings.TrimSpace(text), err}
	}()
	select {
	case t := <-done:
		if errors.Is(t.err, io.EOF) && t.text == "" {
			t.err = errors.New("nothing was entered")
		} else if errors.Is(t.err, io.EOF) {
			t.err = nil
		}
		return t.text, t.err
	case <-a.ctx.Done():
		undo()
		return "", a.ctx.Err()
	}
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
	if proposal != "" {
		prompt += " [" + clean(proposal) + "]"
	}
	fmt.Fprint(a.err, prompt+": ")
	line, err := a.answer(func() (string, error) { return bufio.NewReader(a.in).ReadString('\n') }, func() {})
	if line == "" && err == nil {
		line = proposal
	}
	return line, err
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
