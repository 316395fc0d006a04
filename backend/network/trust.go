package network

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// trust is the user's own authorities, beside the system's.
type trust struct {
	file    string
	size    int64
	changed time.Time
	pool    *x509.CertPool // nil: the system's alone
	trouble string
}

// maxAuthorities bounds the file; the roots of a whole system have a fifth of it.
const maxAuthorities = 2 << 20

// Authorities reads a file of certificates in PEM. An error says what is wrong with it.
func (n *Network) Authorities(file string) ([]*x509.Certificate, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file")
	case err != nil:
		return nil, fmt.Errorf("it cannot be read: %w", errors.Unwrap(err))
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case info.Size() == 0:
		return nil, errors.New("it is empty")
	case info.Size() > maxAuthorities:
		return nil, errors.New("it has more than 2 MB, which is no list of certificates")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", errors.Unwrap(err))
	}
	var list []*x509.Certificate
	var expired *x509.Certificate
	var other string
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			other = block.Type
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its certificate %d is damaged", len(list)+1)
		}
		if n.Wall().After(c.NotAfter) {
			expired = c
			continue
		}
		list = append(list, c)
	}
	switch {
	case len(list) > 0:
		return list, nil
	case expired != nil:
		return nil, fmt.Errorf("its certificate %q has expired on %s", name(expired), expired.NotAfter.Format(time.DateOnly))
	case other != "":
		return nil, fmt.Errorf("it holds a %s and no certificate", other)
	}
	return nil, errors.New("it holds no certificate in PEM (text that begins with -----BEGIN CERTIFICATE-----); " +
		"`openssl x509 -inform der -in FILE` turns the other form into it")
}

func name(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

// Trust has the authorities in a file believed beside the system's, from the next connection on; "" for the system's alone. With an error
// those from before stay; the file is then looked at again from time to time.
func (n *Network) Trust(file string) error {
	t := trust{file: file}
	err := n.readTrust(&t)
	n.setTrust(t, err)
	return err
}

// Believed is whose certificates are believed now; nil: the system's.
func (n *Network) Believed() *x509.CertPool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.trust.pool
}

// believed is whose certificates are believed without a file; nil: the system's, which Go looks up when it needs them.
func (n *Network) believed() *x509.CertPool {
	if n.Roots == nil {
		return nil
	}
	pool, err := n.Roots()
	if err != nil {
		return x509.NewCertPool()
	}
	return pool
}

// readTrust fills in what the file has.
func (n *Network) readTrust(t *trust) error {
	if t.file == "" {
		t.pool = n.believed()
		return nil
	}
	if info, err := os.Stat(t.file); err == nil {
		t.size, t.changed = info.Size(), info.ModTime()
	}
	list, err := n.Authorities(t.file)
	if err != nil {
		return err
	}
	if t.pool = n.believed(); t.pool == nil {
		if t.pool, err = x509.SystemCertPool(); err != nil {
			t.pool = x509.NewCertPool()
		}
	}
	for _, c := range list {
		t.pool.AddCert(c)
	}
	return nil
}

func (n *Network) setTrust(t trust, err error) {
	n.mu.Lock()
	if err != nil {
		t.pool = n.trust.pool
		t.trouble = fmt.Sprintf("The certificates in %s cannot be used: %v. What was there before stays in force.", t.file, err)
	}
	n.trust = t
	n.mu.Unlock()
	if err == nil {
		n.renew()
	}
}

// rereadTrust puts a changed file in force.
func (n *Network) rereadTrust() {
	n.mu.Lock()
	t := n.trust
	n.mu.Unlock()
	if t.file == "" {
		return
	}
	if info, err := os.Stat(t.file); err == nil && info.Size() == t.size && info.ModTime().Equal(t.changed) {
		return
	}
	fresh := trust{file: t.file}
	err := n.readTrust(&fresh)
	n.mu.Lock()
	same := n.trust.file == t.file // else the user has chosen another meanwhile
	n.mu.Unlock()
	if same {
		n.setTrust(fresh, err)
	}
}
