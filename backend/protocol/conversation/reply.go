package conversation

import "metapi/backend/protocol"

// Reply is a model's whole answer.
type Reply struct {
	ID          string   // the upstream's
	Model       string   // the upstream's word for it
	Created     int64    // Unix seconds; 0 where it was not told
	Choices     []Choice // one, but for n > 1
	Usage       protocol.Usage
	HasUsage    bool
	ServiceTier string
}

// Choice is one of the answers.
type Choice struct {
	Parts  []Part // *Text, *Thinking, *ToolCall, *Refusal, *Media
	Finish Finish
}

// Reason is why a model stopped.
type Reason string

const (
	Stopped     Reason = "stop"          // it had said all
	StopWord    Reason = "stop-sequence" // it came to a stop sequence
	MaxTokens   Reason = "max-tokens"    // it came to the limit of output
	CallsTools  Reason = "tool-calls"    // it wants tools to be run
	Refused     Reason = "refusal"       // it, or a filter of its vendor, declined
	PausedTurn  Reason = "pause"         // a long turn, to be continued by sending it back (Anthropic)
	ContextFull Reason = "context-full"  // the context window was full
)

// Finish is how an answer ended.
type Finish struct {
	Reason Reason
	Word   string // the stop sequence, where the vendor tells it
	Raw    string // the vendor's own word
}

// Event is one step of a streamed reply: *Start, *PartStart, *Delta, *PartEnd, *Told, *Finished, *Fault or *Alive.
type Event interface{ event() }

func (*Start) event()     {}
func (*PartStart) event() {}
func (*Delta) event()     {}
func (*PartEnd) event()   {}
func (*Told) event()      {}
func (*Finished) event()  {}
func (*Fault) event()     {}
func (*Alive) event()     {}

// Start is the first event, and tells who answers. Its fields may be empty.
type Start struct {
	ID, Model string
	Created   int64
	Usage     protocol.Usage // Anthropic tells the input's at the start
	HasUsage  bool
}

// PartStart begins a part of a choice. Part is empty but for what is known at the start: a call's id and name.
type PartStart struct {
	Choice int
	Part   Part
}

// Delta adds to the part that has begun last in its choice.
type Delta struct {
	Choice    int
	Text      string    // of Text, Thinking, Refusal, or a ToolCall's arguments
	Signature string    // of Thinking or a ToolCall: the whole of it
	Sealed    string    // of Thinking: the whole of it
	Citation  *Citation // of Text
	LogProbs  []LogProb // of Text: of the tokens that this Delta adds
	Data      string    // of Media: base64
}

// PartEnd ends the part that has begun last in its choice.
type PartEnd struct{ Choice int }

// Told replaces what is known of the usage. Figures are of the whole reply so far.
type Told struct{ Usage protocol.Usage }

// Finished ends a choice.
type Finished struct {
	Choice int
	Finish Finish
}

// Fault ends a stream with an error. It is told to a [Writer] only: a [Reader] returns the error.
type Fault struct{ Err *protocol.Error }

// Alive is a sign that the upstream is at work.
type Alive struct{}
