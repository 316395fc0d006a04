package conversation

// Gathering puts the events of a stream together into a whole reply, for a client that wants one where the upstream has streamed. The zero
// value is ready for use.
type Gathering struct{ reply Reply }

// Add takes events in, in order.
func (g *Gathering) Add(events ...Event) {
	for _, e := range events {
		switch e := e.(type) {
		case *Start:
			g.reply.ID, g.reply.Model, g.reply.Created = e.ID, e.Model, e.Created
			if e.HasUsage {
				g.reply.Usage, g.reply.HasUsage = e.Usage, true
			}
		case *Told:
			g.reply.Usage, g.reply.HasUsage = e.Usage, true
		case *PartStart:
			c := g.choice(e.Choice)
			part, deltas := opened(e.Part) // a part of its own: the Reader may go on with that of the event
			for _, d := range deltas {
				d.addTo(part)
			}
			c.Parts = append(c.Parts, part)
		case *Delta:
			if c := g.choice(e.Choice); len(c.Parts) > 0 {
				e.addTo(c.Parts[len(c.Parts)-1])
			}
		case *Finished:
			g.choice(e.Choice).Finish = e.Finish
		}
	}
}

// Reply is what has been added so far.
func (g *Gathering) Reply() *Reply { return &g.reply }

func (g *Gathering) choice(i int) *Choice {
	for len(g.reply.Choices) <= i {
		g.reply.Choices = append(g.reply.Choices, Choice{})
	}
	return &g.reply.Choices[i]
}

func (d *Delta) addTo(p Part) {
	switch p := p.(type) {
	case *Text:
		p.Text += d.Text
		p.LogProbs = append(p.LogProbs, d.LogProbs...)
		if d.Citation != nil {
			p.Citations = append(p.Citations, *d.Citation)
		}
	case *Thinking:
		p.Text += d.Text
		p.Signature += d.Signature
		p.Sealed += d.Sealed
	case *Refusal:
		p.Text += d.Text
	case *ToolCall:
		p.Arguments += d.Text
		p.Signature += d.Signature
	case *Media:
		p.Data += d.Data
	}
}

// Events tells a whole reply as a stream, for a client that wants one where the upstream has not streamed.
func (r *Reply) Events() []Event {
	events := []Event{&Start{ID: r.ID, Model: r.Model, Created: r.Created, Usage: r.Usage, HasUsage: r.HasUsage}}
	for i, c := range r.Choices {
		for _, p := range c.Parts {
			start, deltas := opened(p)
			events = append(events, &PartStart{Choice: i, Part: start})
			for _, d := range deltas {
				d.Choice = i
				events = append(events, d)
			}
			events = append(events, &PartEnd{Choice: i})
		}
	}
	if r.HasUsage {
		events = append(events, &Told{Usage: r.Usage})
	}
	for i, c := range r.Choices {
		events = append(events, &Finished{Choice: i, Finish: c.Finish})
	}
	return events
}

// opened is a part as it starts, and what is then added to it.
func opened(p Part) (start Part, deltas []*Delta) {
	add := func(d *Delta) {
		if d.Text != "" || d.Signature != "" || d.Sealed != "" || d.Citation != nil || d.LogProbs != nil || d.Data != "" {
			deltas = append(deltas, d)
		}
	}
	switch p := p.(type) {
	case *Text:
		add(&Delta{Text: p.Text, LogProbs: p.LogProbs})
		for i := range p.Citations {
			add(&Delta{Citation: &p.Citations[i]})
		}
		start = &Text{Cache: p.Cache}
	case *Thinking:
		add(&Delta{Text: p.Text})
		add(&Delta{Signature: p.Signature})
		add(&Delta{Sealed: p.Sealed})
		bare := *p
		bare.Text, bare.Signature, bare.Sealed = "", "", ""
		start = &bare
	case *Refusal:
		add(&Delta{Text: p.Text})
		start = &Refusal{}
	case *ToolCall:
		add(&Delta{Text: p.Arguments})
		add(&Delta{Signature: p.Signature})
		bare := *p
		bare.Arguments, bare.Signature = "", ""
		start = &bare
	case *Media:
		add(&Delta{Data: p.Data})
		bare := *p
		bare.Data = ""
		start = &bare
	default:
		start = p
	}
	return start, deltas
}
