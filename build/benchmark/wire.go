package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// head is what this program needs of the head of a request or reply.
type head struct {
	first   []byte // the first line; valid until the next read
	length  int64  // Content-Length; -1 where there is none
	chunked bool
}

func readHead(in *bufio.Reader) (head, error) {
	h := head{length: -1}
	line, err := in.ReadSlice('\n')
	if err != nil {
		return h, err
	}
	h.first = bytes.Clone(bytes.TrimSpace(line))
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return h, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return h, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if h.length, err = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64); err != nil {
				return h, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			h.chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		}
	}
}

// eachChunk calls do with the bytes of a chunked body, to its end.
func eachChunk(in *bufio.Reader, do func([]byte)) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return err
		}
		if err := eachPart(in, size, do); err != nil {
			return err
		}
		if _, err := in.Discard(2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

// eachPart calls do with the next size bytes as they come.
func eachPart(in *bufio.Reader, size int64, do func([]byte)) error {
	for size > 0 {
		if _, err := in.Peek(1); err != nil {
			return err
		}
		part, err := in.Peek(int(min(int64(in.Buffered()), size)))
		if err != nil {
			return err
		}
		do(part)
		size -= int64(len(part))
		if _, err := in.Discard(len(part)); err != nil {
			return err
		}
	}
	return nil
}

// caller is one connection to a target.
type caller struct {
	net.Conn
	in *bufio.Reader
}

// limit is how long one request may take; nothing here comes near it unless something is broken.
const limit = 30 * time.Second

func dial(addr string) (*caller, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

// send writes the request and reads the head of the reply, which must have the status 200.
func (c *caller) send(request []byte) (head, error) {
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return head{}, err
	}
	if _, err := c.Write(request); err != nil {
		return head{}, err
	}
	h, err := readHead(c.in)
	if err != nil {
		return h, err
	}
	if !bytes.Contains(h.first, []byte(" 200 ")) {
		rest, _ := c.in.Peek(min(c.in.Buffered(), 300))
		return h, fmt.Errorf("%s: %s", h.first, rest)
	}
	return h, nil
}

// body calls do with the parts of the reply's body as they come.
func (c *caller) body(h head, do func([]byte)) error {
	switch {
	case h.chunked:
		return eachChunk(c.in, do)
	case h.length >= 0:
		return eachPart(c.in, h.length, do)
	}
	return errors.New("a reply without a length")
}

// call makes one request and returns how many bytes its reply has.
func (c *caller) call(request []byte) (size int, err error) {
	h, err := c.send(request)
	if err != nil {
		return 0, err
	}
	err = c.body(h, func(p []byte) { size += len(p) })
	return size, err
}

// stream is what one streamed reply came to.
type stream struct {
	first  time.Duration   // from the request to the first chunk
	delays []time.Duration // of each later chunk: from the mock's clock to ours
}

var errCut = errors.New("a stream ended without its end")

// stream makes one streaming request and reads it to its end. onFirst, if any, is called at the first chunk.
func (c *caller) stream(request []byte, chunks int, onFirst func()) (stream, error) {
	var s stream
	var rest []byte
	ended, seen := false, 0
	start := time.Now()
	h, err := c.send(request)
	if err != nil {
		return s, err
	}
	err = c.body(h, func(part []byte) {
		now := time.Now()
		rest = append(rest, part...)
		for {
			event, after, ok := bytes.Cut(rest, []byte("\n\n"))
			if !ok {
				return
			}
			if bytes.HasPrefix(event, []byte("data: [DONE]")) || bytes.HasPrefix(event, []byte("event: message_stop")) {
				ended = true
			} else if sent, ok := stamp(event); ok {
				if seen++; seen == 1 {
					s.first = now.Sub(start)
					if onFirst != nil {
						onFirst()
					}
				} else {
					s.delays = append(s.delays, time.Duration(now.UnixNano()-sent))
				}
			}
			rest = append(rest[:0], after...)
		}
	})
	if err != nil {
		return s, err
	}
	if !ended || seen != chunks {
		return s, fmt.Errorf("%w: %d chunks of %d", errCut, seen, chunks)
	}
	return s, nil
}

// stamp finds the time that the mock wrote into a chunk.
func stamp(event []byte) (int64, bool) {
	_, after, ok := bytes.Cut(event, []byte(`"t=`))
	if !ok {
		return 0, false
	}
	digits, _, _ := bytes.Cut(after, []byte(" "))
	sent, err := strconv.ParseInt(string(digits), 10, 64)
	return sent, err == nil
}

// request builds a chat request for a target, with the body filled up to size bytes.
func request(t *target, model string, size int) []byte {
	before := `{"model":"` + model + `"`
	if model != modelJSON {
		before += `,"stream":true`
	}
	before += `,"messages":[{"role":"user","content":"`
	const after = `"}]}`
	var body bytes.Buffer
	body.WriteString(before)
	const prose = "The quick brown fox jumps over the lazy dog, and writes a line of code.\\n"
	for body.Len()+len(prose)+len(after) <= size {
		body.WriteString(prose)
	}
	body.WriteString(after)
	return post(t, "/v1/chat/completions", body.Bytes())
}

// translated asks the same of Metapi in Anthropic's Messages, so that request and reply have to be translated: what an agent sends, with
// tools, and turns that called them. All other targets get the chat request.
func translated(t *target, model string, size int) []byte {
	if t.name != metapi {
		return request(t, model, size)
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, `{"model":%q,"stream":%v,"max_tokens":1000,"system":[{"type":"text","text":"Do as you are told."}],"tools":[`, model, model != modelJSON)
	for i := range 16 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"name":"tool_%d","description":"It reads a file, or writes one.","input_schema":{"type":"object","properties":{"path":{"type":"string"},"lines":{"type":"integer"}},"required":["path"]}}`, i)
	}
	body.WriteString(`],"messages":[{"role":"user","content":"Begin."}`)
	const result = `func main() {\n\tfmt.Println(\"a line of a file, as a tool reads it\")\n}\n`
	for i := 0; body.Len() < size-2048; i++ {
		fmt.Fprintf(&body, `,{"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_%d","name":"tool_1","input":{"path":"/a/b.go","lines":40}}]}`+
			`,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":"%s"}]}`, i, i, strings.Repeat(result, 24))
	}
	body.WriteString("]}")
	return post(t, "/v1/messages", body.Bytes())
}

func post(t *target, path string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", path, t.addr, t.key, len(body), body)
}
