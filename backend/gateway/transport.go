package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"metapi/backend/gateway/wire"
	"metapi/backend/protocol"
)

// NewTransport returns the transport for calls to upstreams: net/http's for TLS, HTTP/2 and proxies, package wire for
// the rest. It follows no redirects (a RoundTripper never does), so that a key goes only where its account says; it neither
// asks for compression nor undoes it behind our back; and it pings HTTP/2 connections, so that one which died during
// sleep is found out.
func NewTransport() *wire.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return wire.New(&http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         32 << 10,
		DisableCompression:     true,
	}, wire.Options{Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext})
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
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message = "the upstream refused the connection"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = "the upstream closed the connection in the middle"
	case errors.As(err, &dns):
		e.Message = "the upstream's name could not be resolved"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Message = "the upstream could not be reached in time"
	case isTLS(err):
		e.Message = "the upstream's TLS certificate or handshake was not accepted"
	}
	return e
}
