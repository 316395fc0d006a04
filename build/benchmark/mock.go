package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// The models of the mock upstream: each is a behaviour.
const (
	modelJSON   = "bench-json"   // a fixed reply of replySize bytes
	modelStream = "bench-stream" // streamChunks chunks, streamPause apart
	modelBurst  = "bench-burst"  // burstChunks chunks without a pause
	modelHold   = "bench-hold"   // a chunk now, and one each holdPause until the client leaves or holdFor is over
)

const (
	replySize    = 1024
	streamChunks = 16
	streamPause  = 2 * time.Millisecond
	burstChunks  = 64
	holdPause    = time.Second
	holdFor      = time.Minute
)

const done = "data: [DONE]\n\n"

// serveMock answers OpenAI chat requests on every connection to l, from bytes made beforehand, so that as little as can be of what is
// measured is the mock itself: one goroutine a connection, one write a reply.
func serveMock(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			m := mockConn{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}
			for m.answer() == nil {
			}
		}()
	}
}

type mockConn struct {
	net.Conn
	in   *bufio.Reader
	body []byte // of the request at hand; its memory is used again
	out  []byte
}

// answer reads one request and answers it. An error ends the connection.
func (m *mockConn) answer() error {
	h, err := readHead(m.in)
	if err != nil {
		return err
	}
	if err := m.readBody(h); err != nil {
		return err
	}
	if bytes.HasPrefix(h.first, []byte("GET /v1/models ")) {
		_, err = m.Write(jsonReply("200 OK", modelList()))
		return err
	}
	if !bytes.HasPrefix(h.first, []byte("POST /v1/chat/completions")) {
		_, err = m.Write(jsonReply("404 Not Found", `{"error":{"message":"no such path","type":"invalid_request_error"}}`))
		return err
	}
	// The model stands first in the requests of this program, and a relay is free only to change its name.
	start := m.body[:min(len(m.body), 512)]
	switch {
	case bytes.Contains(start, []byte(modelStream)):
		return m.stream(streamChunks, streamPause)
	case bytes.Contains(start, []byte(modelBurst)):
		return m.stream(burstChunks, 0)
	case bytes.Contains(start, []byte(modelHold)):
		return m.stream(int(holdFor/holdPause), holdPause)
	}
	_, err = m.Write(completion)
	return err
}

func (m *mockConn) readBody(h head) error {
	if h.chunked {
		m.body = m.body[:0]
		return eachChunk(m.in, func(p []byte) { m.body = append(m.body, p...) })
	}
	if int64(cap(m.body)) < h.length {
		m.body = make([]byte, h.length)
	}
	m.body = m.body[:max(h.length, 0)]
	_, err := io.ReadFull(m.in, m.body)
	return err
}

// stream sends the head with the first chunk in one write, then the others.
func (m *mockConn) stream(chunks int, pause time.Duration) error {
	m.out = append(m.out[:0], "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"...)
	for i := range chunks {
		if i > 0 && pause > 0 {
			time.Sleep(pause)
		}
		m.chunk(fmt.Sprintf(`data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench",`+
			`"choices":[{"index":0,"delta":{"content":"t=%d "},"finish_reason":null}]}`+"\n\n", time.Now().UnixNano()))
		if _, err := m.Write(m.out); err != nil {
			return err
		}
		m.out = m.out[:0]
	}
	m.chunk(`data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench",` +
		`"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n")
	if bytes.Contains(m.body, []byte("include_usage")) {
		m.chunk(`data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[],` +
			`"usage":{"prompt_tokens":100,"completion_tokens":` + strconv.Itoa(chunks) + `,"total_tokens":` + strconv.Itoa(100+chunks) + `}}` + "\n\n")
	}
	m.chunk(done)
	m.out = append(m.out, "0\r\n\r\n"...)
	_, err := m.Write(m.out)
	return err
}

// chunk appends text to the output as one HTTP chunk.
func (m *mockConn) chunk(text string) {
	m.out = fmt.Appendf(m.out, "%x\r\n%s\r\n", len(text), text)
}

var completion = jsonReply("200 OK", completionBody())

// completionBody is a chat completion of replySize bytes.
func completionBody() string {
	const before = `{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench-json","choices":[{"index":0,` +
		`"message":{"role":"assistant","content":"`
	const after = `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}`
	return before + strings.Repeat("x", replySize-len(before)-len(after)) + after
}

func modelList() string {
	var entries []string
	for _, name := range []string{modelJSON, modelStream, modelBurst, modelHold} {
		entries = append(entries, `{"id":"`+name+`","object":"model","created":1700000000,"owned_by":"bench"}`)
	}
	return `{"object":"list","data":[` + strings.Join(entries, ",") + `]}`
}

func jsonReply(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}
