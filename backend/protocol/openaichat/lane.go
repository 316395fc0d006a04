package openaichat

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// lane is one choice of a stream. Its parts stand in a queue: the first is being told, live, and the others hold what has come of them until
// it is their turn. A text ends when anything else begins; a call ends when its arguments are whole JSON and another part waits, else with
// the choice. So calls one after the other stream as they come, and woven ones come out in a row (case 16).
type lane struct {
	r      *reader
	index  int
	queue  []*segment
	calls  []*segment // all calls of the choice
	finish string
	has    has
	think  splitter
	fields bool                   // reasoning has a field of its own here: no <think> is looked for
	into   *lane                  // the choice that this one is a half of (case 26)
	likely []conversation.LogProb // of tokens that have come, and whose text has not been told yet
}

type sort uint8

const (
	sortText sort = iota
	sortThinking
	sortRefusal
	sortCall
	sortMedia
)

// segment is a part in the making.
type segment struct {
	sort           sort
	started, ended bool
	part           conversation.Part // what it starts with; of a call made when it starts
	held           []byte            // what has come before it was told
	sealed         bool              // a part that has come whole

	// Of a call:
	index     int64 // as told, or -1
	id, name  string
	custom    bool
	legacy    bool // a function_call, which has no id
	signature string
	json      jsonEnd
	told      bool // some arguments
}

// read takes one chunk's share in: reasoning, text, refusal, pictures, calls.
func (l *lane) read(d *deltaParts) {
	l.reasoning(d)
	if text := d.content.text(); text != "" {
		l.text(text)
	} else if len(d.content.other) > 0 {
		l.blocks(d.content.other)
	}
	if len(d.likely) > 0 {
		l.likely = append(l.likely, d.likely...)
		l.r.hold(64 * len(d.likely))
		l.weigh()
	}
	if len(d.sources) > 0 {
		l.cite(d.sources)
	}
	if text := d.refusal.text(); text != "" {
		l.say(sortRefusal, text)
	}
	for _, image := range jsonOf[[]struct {
		ImageURL wireURL `json:"image_url"`
	}](d.picture) {
		if m := pictureOf(image.ImageURL.URL); m != nil {
			l.whole(sortMedia, m)
		}
	}
	if len(d.calls) > 0 {
		c := scan.At(d.calls)
		c.Array(func() { l.fragment(&c) })
	}
	if len(d.call) > 0 {
		c := scan.At(d.call)
		if c.Kind() == '{' {
			l.functionCall(&c)
		}
	}
}

// reasoning takes the fields that vendors show reasoning in. Where several are filled they say the same.
func (l *lane) reasoning(d *deltaParts) {
	said := false
	if len(d.details) > 0 {
		for _, x := range jsonOf[[]detail](d.details) {
			t := x.thinking()
			if t == nil {
				continue
			}
			l.fields = true
			if t.Sealed != "" {
				l.whole(sortThinking, t)
				continue
			}
			s := l.tail(sortThinking, func() conversation.Part {
				return &conversation.Thinking{ID: t.ID, Summary: t.Summary, Origin: t.Origin}
			})
			if t.Text != "" {
				said = true
				l.add(s, t.Text)
			}
			if t.Signature != "" {
				s.signature = t.Signature
			}
		}
	}
	if said {
		return
	}
	text := d.thinking.text()
	if text == "" {
		text = d.reasoning.text()
	}
	if text != "" {
		l.fields = true
		l.say(sortThinking, text)
	}
}

// text takes words in, looking for reasoning at their beginning.
func (l *lane) text(text string) {
	if l.fields || l.think.mode == outside {
		if held := l.think.end(); held != nil {
			text = held[0].text + text
		}
		l.think.mode = outside
		l.say(sortText, text)
		return
	}
	l.pieces(l.think.write(text))
}

func (l *lane) pieces(pieces []piece) {
	for _, p := range pieces {
		if p.inner {
			l.say(sortThinking, p.text)
		} else {
			l.say(sortText, p.text)
		}
	}
}

// blocks takes content in that is a list: Mistral's text and thinking.
func (l *lane) blocks(raw []byte) {
	parts, err := decodeContent(raw, "content")
	if err != nil {
		return
	}
	for _, p := range parts {
		switch p := p.(type) {
		case *conversation.Text:
			l.say(sortText, p.Text)
		case *conversation.Thinking:
			if p.Text != "" {
				l.fields = true
				l.say(sortThinking, p.Text)
			}
		}
	}
}

// cite tells where the text is from, where it is being told.
func (l *lane) cite(raw []byte) {
	for _, a := range jsonOf[[]annotation](raw) {
		if a.URL.URL == "" {
			continue
		}
		s := l.tail(sortText, nil)
		if l.advance(); s.started && !s.ended { // of a text that waits they are left out
			l.r.emit(&conversation.Delta{Choice: l.to().index, Citation: &conversation.Citation{URL: a.URL.URL, Title: a.URL.Title, From: a.URL.Start, To: a.URL.End}})
		}
	}
}

// weigh tells how likely the tokens of the text that is being told were, with its last words.
func (l *lane) weigh() {
	to := l.to()
	if len(l.likely) == 0 || len(to.queue) == 0 {
		return
	}
	if s := to.queue[0]; s.sort != sortText || !s.started || s.ended {
		return
	}
	d := &conversation.Delta{Choice: to.index}
	if n := len(l.r.out); n > 0 {
		if last, is := l.r.out[n-1].(*conversation.Delta); is && last.Choice == to.index && last.Citation == nil {
			d = last
		}
	}
	if d.LogProbs = append(d.LogProbs, l.likely...); d.Text == "" && len(d.LogProbs) == len(l.likely) {
		l.r.emit(d)
	}
	l.r.held -= 64 * len(l.likely)
	l.likely = nil
}

// to is the lane that this one's parts are told in.
func (l *lane) to() *lane {
	if l.into != nil {
		return l.into
	}
	return l
}

// join finds out whether this choice is the other half of the first one's: one speaks, the other calls (case 26).
func (l *lane) join(s sort) {
	one := l.r.lanes[0]
	if l == one || l.into != nil || l.has != (has{}) || len(l.queue) > 0 {
		return
	}
	if s == sortCall && one.has.words && !one.has.calls || s == sortText && one.has.calls && !one.has.words {
		l.into = one
	}
}

// note keeps in mind what the choice holds.
func (l *lane) note(s sort) {
	switch s {
	case sortText:
		l.has.words = true
	case sortRefusal:
		l.has.refusal = true
	case sortCall:
		l.has.calls = true
	}
}

// tail is the last part in the queue if it is of that sort, or a new one behind it.
func (l *lane) tail(s sort, part func() conversation.Part) *segment {
	l.join(s)
	to := l.to()
	if n := len(to.queue); n > 0 {
		if last := to.queue[n-1]; last.sort == s && !last.sealed && s != sortCall && last.signature == "" {
			return last
		}
	}
	seg := &segment{sort: s, index: -1}
	switch {
	case part != nil:
		seg.part = part()
	case s == sortText:
		seg.part = &conversation.Text{}
	case s == sortThinking:
		seg.part = &conversation.Thinking{}
	case s == sortRefusal:
		seg.part = &conversation.Refusal{}
	}
	to.note(s)
	to.queue = append(to.queue, seg)
	l.r.hold(64)
	return seg
}

func (l *lane) say(s sort, text string) { l.add(l.tail(s, nil), text) }

// whole takes a part in that has come in one piece.
func (l *lane) whole(s sort, p conversation.Part) {
	seg := l.tail(s, func() conversation.Part { return p })
	if seg.part != p { // behind another of its sort, which it is no continuation of
		seg = &segment{sort: s, index: -1, part: p}
		l.r.hold(64)
		l.to().queue = append(l.to().queue, seg)
	}
	seg.sealed = true
	if m, ok := p.(*conversation.Media); ok {
		l.r.hold(len(m.Data))
	}
	l.advance()
}

// add takes words or arguments in: told at once if it is their part's turn, else held.
func (l *lane) add(s *segment, text string) {
	if s.ended {
		return // more arguments than made a whole: nothing could be done with them
	}
	if s.sort == sortCall {
		s.json.write(text)
	}
	if s.started {
		if text != "" {
			s.told = true
			l.r.emit(&conversation.Delta{Choice: l.to().index, Text: text})
		}
	} else {
		s.held = append(s.held, text...)
		l.r.hold(len(text))
	}
	l.advance()
}

// advance ends the first part if it is whole and another waits, and starts the next.
func (l *lane) advance() {
	to := l.to()
	for len(to.queue) > 0 {
		s := to.queue[0]
		if !s.started {
			if s.sort == sortCall && (s.name == "" || s.id == "" && !s.legacy) {
				return // case 15: its id or its name may yet come
			}
			to.begin(s)
		}
		if !s.sealed && (len(to.queue) == 1 || s.sort == sortCall && !s.json.whole()) {
			return
		}
		to.end()
	}
}

// begin starts the first part of the queue.
func (l *lane) begin(s *segment) {
	s.started = true
	switch p := s.part.(type) {
	case *conversation.Thinking:
		if p.Sealed != "" {
			l.r.emit(&conversation.PartStart{Choice: l.index, Part: &conversation.Thinking{ID: p.ID, Origin: p.Origin}})
			l.r.emit(&conversation.Delta{Choice: l.index, Sealed: p.Sealed})
			return
		}
	case *conversation.Media:
		l.r.emit(&conversation.PartStart{Choice: l.index, Part: &conversation.Media{Kind: p.Kind, Type: p.Type, URL: p.URL}})
		if p.Data != "" {
			l.r.held -= len(p.Data)
			l.r.emit(&conversation.Delta{Choice: l.index, Data: p.Data})
		}
		return
	case nil:
		c := &conversation.ToolCall{ID: s.id, Name: s.name, Kind: conversation.Function}
		if s.custom {
			c.Kind = conversation.Custom
		}
		if s.signature != "" {
			c.Origin = protocol.Gemini
		}
		s.part = c
	}
	l.r.emit(&conversation.PartStart{Choice: l.index, Part: s.part})
	if len(s.held) > 0 {
		s.told = true
		l.r.emit(&conversation.Delta{Choice: l.index, Text: string(s.held)})
		l.r.held -= len(s.held)
		s.held = nil
	}
}

// end ends the first part of the queue.
func (l *lane) end() {
	s := l.queue[0]
	if s.signature != "" {
		l.r.emit(&conversation.Delta{Choice: l.index, Signature: s.signature})
	}
	if s.sort == sortCall && !s.told && !s.custom { // case 18
		l.r.emit(&conversation.Delta{Choice: l.index, Text: "{}"})
	}
	l.r.emit(&conversation.PartEnd{Choice: l.index})
	s.ended, s.part = true, nil
	l.queue = l.queue[1:]
	l.r.held -= 64
}

// drain ends all parts, when the choice has finished.
func (l *lane) drain() {
	l.pieces(l.think.end())
	l.weigh()
	to := l.to()
	for len(to.queue) > 0 {
		s := to.queue[0]
		if s.sort == sortCall && s.name == "" { // case 17
			l.r.err = nameless()
			return
		}
		if !s.started {
			to.begin(s)
		}
		to.end()
	}
}
