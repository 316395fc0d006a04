package gateway

import (
	"container/list"
	"strings"
	"sync"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// Some vendors refuse a conversation in which the reasoning that led to a tool call is missing (case 40), and many clients drop it. So what
// such a vendor's model thought before a call is kept for the next turns, in memory: the client sends the call back with its id.

// wantsThoughts is the quirk of such a vendor.
const wantsThoughts = "reasoning_content_required"

// maxThoughts bounds what is kept, in bytes: some hours of one person's work with several agents.
const maxThoughts = 16 << 20

// thoughts are those before calls, the least recently used first to be forgotten. The zero value is ready for use.
type thoughts struct {
	mu    sync.Mutex
	of    map[calledBy]*list.Element // of *thought
	order list.List                  // the latest in front
	size  int
}

// calledBy names a call. Clients do not see each other's.
type calledBy struct{ client, id string }

type thought struct {
	before calledBy
	text   string
}

func (t *thought) size() int { return len(t.text) + len(t.before.id) + len(t.before.client) + 128 }

// keep notes what r thought before its calls.
func (t *thoughts) keep(client string, r *conversation.Reply) {
	for _, c := range r.Choices {
		var said []string
		for _, p := range c.Parts {
			switch p := p.(type) {
			case *conversation.Thinking:
				if p.Text != "" {
					said = append(said, p.Text)
				}
			case *conversation.ToolCall:
				if p.ID != "" && said != nil {
					t.put(&thought{calledBy{client, p.ID}, strings.Join(said, "\n\n")})
				}
			}
		}
	}
}

func (t *thoughts) put(new *thought) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[calledBy]*list.Element{}
	}
	t.forget(t.of[new.before])
	t.of[new.before] = t.order.PushFront(new)
	for t.size += new.size(); t.size > maxThoughts; {
		t.forget(t.order.Back())
	}
}

func (t *thoughts) forget(e *list.Element) {
	if e == nil {
		return
	}
	old := t.order.Remove(e).(*thought)
	delete(t.of, old.before)
	t.size -= old.size()
}

// recall puts back what a client has dropped, before the first call of each turn that has no thinking. ask has messages of its own.
func (t *thoughts) recall(client string, ask *conversation.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range ask.Messages {
		m := &ask.Messages[i]
		for _, p := range m.Parts {
			if _, has := p.(*conversation.Thinking); has {
				break
			}
			call, ok := p.(*conversation.ToolCall)
			if !ok {
				continue
			}
			if e := t.of[calledBy{client, call.ID}]; e != nil {
				t.order.MoveToFront(e)
				m.Parts = append([]conversation.Part{&conversation.Thinking{Text: e.Value.(*thought).text}}, m.Parts...)
			}
			break
		}
	}
}

// listener reads a reply beside whoever passes it on, for the thoughts in it. Nil, it does nothing.
type listener struct {
	codec conversation.Codec
	rd    conversation.Reader
	whole conversation.Gathering
}

// listen returns a listener where the deployment will want the thoughts back, else nil.
func (a *attempt) listen() *listener {
	if !a.quirks[wantsThoughts] || a.ep.operation != protocol.Generate {
		return nil
	}
	c := codecs.Of(a.via)
	return &listener{codec: c, rd: c.NewReader()}
}

func (l *listener) event(name, data []byte) {
	if l != nil {
		events, _ := l.rd.Read(name, data) // what cannot be read is judged elsewhere
		l.whole.Add(events...)
	}
}

func (l *listener) body(body []byte) {
	if l == nil {
		return
	}
	if r, err := l.codec.DecodeReply(body); err == nil {
		l.reply(r)
	}
}

func (l *listener) reply(r *conversation.Reply) {
	if l != nil {
		l.whole.Add(conversation.Replay(r)...)
	}
}

// keepThoughts keeps what was heard, before the client has the end of its answer: it may come back at once.
func (a *attempt) keepThoughts() {
	if a.heard != nil {
		events, _ := a.heard.rd.End()
		a.heard.whole.Add(events...)
		a.g.thoughts.keep(a.rec.Client, a.heard.whole.Reply())
	}
}
