package gateway

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"metapi/backend/gateway/wire"
	"metapi/backend/network"
	"metapi/backend/protocol"
)

// NewTransport puts package wire around a client of the network, which keeps what wire leaves to it: TLS, HTTP/2 and proxies. It follows no
// redirects (a RoundTripper never does), so that a key goes only where its account says; and it neither asks for compression nor undoes it behind
// our back.
func NewTransport(c *network.Client) network.Caller {
	return wire.New(c, wire.Options{Proxy: c.Proxy(), DialContext: c.Dial})
}

// unreachable reports whether err shows that the host itself cannot be reached, whoever asks: nothing was sent.
func unreachable(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) || isTLS(err)
}

// networkError puts a transport's error in words that name neither host nor address.
func networkError(err error) *protocol.Error {
	e := &protocol.Error{Kind: protocol.Network, Message: "the connection to the upstream failed"}
	var (
		proxy   *network.ProxyError
		dns     *net.DNSError
		timeout net.Error
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &proxy):
		e.Message = "the proxy on the way to the upstream " + proxy.What()
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message = "the upstream refused the connection"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = "the upstream closed the connection in the middle"
	case errors.As(err, &dns) && dns.IsTimeout:
		e.Message = "the upstream's name could not be resolved in time"
	case errors.As(err, &dns):
		e.Message = "the upstream's name could not be resolved"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Message = "the upstream could not be reached in time"
	case errors.As(err, &unknown):
		e.Message = "the upstream's TLS certificate is from an authority that this computer does not know (a company's proxy, or a sign-in page of the network)"
	case errors.As(err, &name):
		e.Message = "the TLS certificate is another host's: a sign-in page of the network may stand in the way"
	case isTLS(err):
		e.Message = "the upstream's TLS certificate or handshake was not accepted"
	}
	return e
}
