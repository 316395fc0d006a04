package conversation

// Replay is a whole reply as a stream would have told it.
func Replay(reply *Reply) []Event {
	events := []Event{&Start{ID: reply.ID, Model: reply.Model, Created: reply.Created}}
	for i := range reply.Choices {
		for _, p := range reply.Choices[i].Parts {
			begun, deltas := taken(p)
			events = append(events, &PartStart{Choice: i, Part: begun})
			for _, d := range deltas {
				if d.Choice = i; d.says() {
					events = append(events, &d)
				}
			}
			events = append(events, &PartEnd{Choice: i})
		}
	}
	if reply.HasUsage {
		events = append(events, &Told{Usage: reply.Usage})
	}
	for i := range reply.Choices {
		events = append(events, &Finished{Choice: i, Finish: reply.Choices[i].Finish})
	}
	return events
}

// taken is what a part starts with, and what is added to it.
func taken(p Part) (begun Part, deltas []Delta) {
	switch p := p.(type) {
	case *Text:
		deltas = append(deltas, Delta{Text: p.Text, LogProbs: p.LogProbs})
		for i := range p.Citations {
			deltas = append(deltas, Delta{Citation: &p.Citations[i]})
		}
		return &Text{}, deltas
	case *Refusal:
		return &Refusal{}, []Delta{{Text: p.Text}}
	case *Thinking:
		return &Thinking{ID: p.ID, Summary: p.Summary, Origin: p.Origin}, []Delta{{Text: p.Text}, {Signature: p.Signature}, {Sealed: p.Sealed}}
	case *ToolCall:
		begun := *p
		begun.Arguments, begun.Signature = "", ""
		return &begun, []Delta{{Signature: p.Signature}, {Text: p.Arguments}}
	case *Media:
		begun := *p
		begun.Data = ""
		return &begun, []Delta{{Data: p.Data}}
	}
	return p, nil
}

func (d *Delta) says() bool {
	return d.Text != "" || d.Signature != "" || d.Sealed != "" || d.Data != "" || d.Citation != nil || len(d.LogProbs) > 0
}

// Gather puts the events of a stream together.
func Gather(events []Event) *Reply {
	var g Gathering
	g.Add(events...)
	return g.Reply()
}

// Gathering puts the events of a stream together as they come. The zero value is ready for use.
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
			part, deltas := taken(e.Part) // a part of its own: the Reader may go on with that of the event
			for i := range deltas {
				deltas[i].addTo(part)
			}
			c := g.choice(e.Choice)
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
	case *Refusal:
		p.Text += d.Text
	case *Thinking:
		p.Text += d.Text
		p.Signature += d.Signature
		p.Sealed += d.Sealed
	case *ToolCall:
		p.Arguments += d.Text
		p.Signature += d.Signature
	case *Media:
		p.Data += d.Data
	}
}
