package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/openairesponses"
	"metapi/backend/protocol/sse"
	"metapi/backend/routing"
)

// Kept keeps what the Responses API promises to keep where no account does. Everything in it belongs to the client that made it; for
// any other it is not there. None of its methods waits for a disk to write.
type Kept interface {
	On() bool // the user wants it
	Keep(*openairesponses.Kept)
	Response(client, id string) (object json.RawMessage, ok bool)
	Context(client, id string) ([]openairesponses.Item, bool) // all that was said up to a response, and in it
	Input(client, id string) ([]openairesponses.Item, bool)   // all that was said before it
	Item(client, id string) (openairesponses.Item, bool)      // one of a response's output
	Forget(client, id string) bool

	Begin(client string, metadata json.RawMessage, items []openairesponses.Item) openairesponses.Conversation
	Conversation(client, id string) (openairesponses.Conversation, bool)
	Describe(client, id string, metadata json.RawMessage) (openairesponses.Conversation, bool)
	Said(client, id string) ([]openairesponses.Item, bool)
	Say(client, id string, items []openairesponses.Item) bool
	Unsay(client, id, item string) (openairesponses.Conversation, bool)
	End(client, id string) bool
}

// nothingKept is a Kept that is always empty.
type nothingKept struct{ Kept }

func (nothingKept) On() bool                                              { return false }
func (nothingKept) Response(_, _ string) (json.RawMessage, bool)          { return nil, false }
func (nothingKept) Context(_, _ string) ([]openairesponses.Item, bool)    { return nil, false }
func (nothingKept) Item(_, _ string) (it openairesponses.Item, ok bool)   { return it, false }
func (nothingKept) Said(client, id string) ([]openairesponses.Item, bool) { return nil, false }

// keeping is what becomes of a reply that Metapi itself keeps.
type keeping struct {
	state    conversation.State     // its ID is empty where only its conversation keeps it
	ours     bool                   // in lane A, too: the account would not keep it, or has been told not to
	expanded bool                   // what was before it stands in the request, so that any account can serve it
	context  []openairesponses.Item // what was before it
	input    []openairesponses.Item // what was new in the request
}

// recall puts what the request names, where that is kept here, into the request itself: what is left is a request that any
// account can serve, in any protocol. What others keep is left as it is.
func (x *exchange) recall() *protocol.Error {
	if !x.speaksResponses() || !leansOnState(x.peek.Refs) {
		return nil
	}
	s, err := openairesponses.ReadState(x.body)
	if err != nil {
		if openairesponses.OursResponse(s.Previous) || openairesponses.OursConversation(s.Conversation) {
			return asError(err)
		}
		return nil // whoever keeps what it names may know such items
	}
	k := &keeping{state: conversation.State{Previous: s.Previous, Conversation: s.Conversation}, input: s.Input}
	if e := x.recallContext(k); e != nil {
		return e
	}
	found := x.recallItems(k)
	if !found && !k.expanded {
		return nil
	}
	if k.expanded && s.Background {
		return &protocol.Error{Kind: protocol.BadRequest, Param: "background",
			Message: "\"background\" is not possible for a response that continues one which Metapi keeps; leave it out, or ask for a stream"}
	}
	var body []byte
	if k.expanded {
		body = openairesponses.Expand(x.body, k.context, k.input, x.ep.operation == protocol.Generate)
	} else {
		body = openairesponses.Replace(x.body, k.input)
	}
	if int64(len(body)) > x.g.MaxBody {
		return tooLarge(x.g.MaxBody)
	}
	peek, err := x.dialect.Peek(body)
	if err != nil {
		return asError(err)
	}
	x.body, x.peek = body, peek
	if k.expanded && x.ep.operation == protocol.Generate {
		if s.Store && x.g.Kept.On() {
			k.state.ID = openairesponses.NewResponseID()
		}
		k.ours = true
		x.keep = k
	}
	return nil
}

func leansOnState(refs []protocol.Ref) bool {
	for _, ref := range refs {
		if ref.Kind == protocol.ResponseRef || ref.Kind == protocol.ConvRef {
			return true
		}
	}
	return false
}

// recallContext finds what was said before, if that is kept here.
func (x *exchange) recallContext(k *keeping) *protocol.Error {
	var there bool
	switch previous, thread := k.state.Previous, k.state.Conversation; {
	case previous != "" && thread != "" && (openairesponses.OursResponse(previous) || openairesponses.OursConversation(thread)):
		return &protocol.Error{Kind: protocol.BadRequest, Param: "previous_response_id", Code: "mutually_exclusive_parameters",
			Message: "Mutually exclusive parameters: 'previous_response_id', 'conversation'. Ensure you are only providing one."}
	case openairesponses.OursResponse(previous):
		if k.context, there = x.g.Kept.Context(x.rec.Client, previous); !there {
			return &protocol.Error{Kind: protocol.BadRequest, Param: "previous_response_id", Code: "previous_response_not_found",
				Message: fmt.Sprintf("Previous response with id '%.100s' not found.", previous)}
		}
	case openairesponses.OursConversation(thread):
		if k.context, there = x.g.Kept.Said(x.rec.Client, thread); !there {
			return noConversation(thread)
		}
	}
	k.expanded = there
	return nil
}

// recallItems puts the items that the input names in their places, and reports whether there were any that are kept here.
func (x *exchange) recallItems(k *keeping) (found bool) {
	for i := range k.input {
		if id := k.input[i].Reference(); id != "" {
			if it, ok := x.g.Kept.Item(x.rec.Client, id); ok {
				it.Made = false
				k.input[i], found = it, true
			}
		}
	}
	return found
}

// speaksResponses reports whether the client does, in its request and for the reply.
func (x *exchange) speaksResponses() bool {
	return x.in == protocol.OpenAIResponses && x.ep.protocol == protocol.OpenAIResponses
}

// keepNew has the reply kept that is written anew for a request which continues nothing that is kept, where the client wants that: no account
// will have it.
func (x *exchange) keepNew() {
	if x.keep != nil || !x.speaksResponses() || x.ep.operation != protocol.Generate || !x.g.Kept.On() {
		return
	}
	if store := x.conv.Store; store != nil && !*store {
		return
	}
	x.keep = &keeping{state: conversation.State{ID: openairesponses.NewResponseID()}}
}

// tellKept has the reply, where it is written anew for ask, say what is kept.
func (a *attempt) tellKept(ask *conversation.Request) {
	ask.State = conversation.State{}
	if k := a.keeps(); k != nil {
		ask.State = k.state
	}
}

// keepForgotten has the reply of an account kept that has been found not to keep replies itself.
func (a *attempt) keepForgotten() {
	if !a.g.forgets.Load() || a.keep != nil || !a.speaksResponses() || a.ep.operation != protocol.Generate || a.owner.Only {
		return
	}
	if _, forgetful := a.g.forgetful.Load(a.d.Account.ID); !forgetful || !a.g.Kept.On() {
		return
	}
	s, err := openairesponses.ReadState(a.body)
	if err != nil || !s.Store || s.Background {
		return
	}
	a.keep = &keeping{state: conversation.State{ID: openairesponses.NewResponseID()}, ours: true, input: s.Input}
}

// learnsForgetful notes of an account that it does not know a response which it has made, or no response at all. There are many servers
// that speak Responses and keep nothing.
func (a *attempt) learnsForgetful(e *protocol.Error) {
	if a.b != nil || a.ep.operation != protocol.Generate || a.owner.Account != a.d.Account.ID || !leansOnState(a.peek.Refs) {
		return
	}
	if e.Code == "previous_response_not_found" || e.Param == "previous_response_id" || strings.Contains(e.Message, "previous_response_id") {
		a.g.forgetful.Store(a.d.Account.ID, struct{}{})
		a.g.forgets.Store(true)
	}
}

// keeps is what becomes of this attempt's reply; nil: nothing, since its account keeps it, or the client wants nobody to.
func (a *attempt) keeps() *keeping {
	if a.keep == nil || a.b == nil && !a.keep.ours {
		return nil
	}
	return a.keep
}

// keepWhole keeps a whole reply. In lane A it becomes what the client knows of it.
func (a *attempt) keepWhole(body []byte) []byte {
	k := a.keeps()
	if k == nil {
		return body
	}
	if a.b == nil {
		body = openairesponses.Retell(body, k.state)
	}
	a.keepReply(body)
	return body
}

// retold appends an event of lane A as the client is to know it, and keeps the response when it is there whole.
func (a *attempt) retold(dst []byte, ev *sse.Event, class protocol.Class) []byte {
	data, object := openairesponses.RetellEvent(ev.Data, a.keep.state)
	if object == nil {
		dst = append(dst, ev.Raw...)
		if ev.Unended {
			dst = append(dst, "\n\n"...)
		}
		return dst
	}
	if class == protocol.Final {
		a.keepReply(object)
	}
	if len(ev.Name) > 0 {
		dst = append(append(append(dst, "event: "...), ev.Name...), '\n')
	}
	return append(append(append(dst, "data: "...), data...), "\n\n"...)
}

// keepEvents keeps the response that the last events of a translated stream tell.
func (a *attempt) keepEvents(events []byte) {
	if a.keeps() == nil {
		return
	}
	rd := sse.NewReader(bytes.NewReader(events), maxEvent)
	for ev, err := rd.Next(); err == nil; ev, err = rd.Next() {
		if name := string(ev.Name); name == "response.completed" || name == "response.incomplete" {
			a.keepReply(openairesponses.EventResponse(ev.Data))
		}
	}
}

// keepReply keeps a response before the client has the last of it, and may come back for it.
func (a *attempt) keepReply(object []byte) {
	k := a.keep
	if k.state.ID == "" && k.state.Conversation == "" {
		return
	}
	if k.input == nil {
		s, err := openairesponses.ReadState(a.body)
		if err != nil {
			return // it was read before, and could be
		}
		k.input = s.Input
	}
	a.g.Kept.Keep(&openairesponses.Kept{ID: k.state.ID, Client: a.rec.Client, Before: k.state.Previous, Conversation: k.state.Conversation,
		Context: k.context, Object: bytes.Clone(object), Input: k.input, Output: openairesponses.Outputs(object)})
}

// emulates reports whether the attempt has to make a compaction by asking the model for a summary: its upstream speaks the protocol, and
// does not have that part of it.
func (a *attempt) emulates() bool {
	if a.ep.operation != protocol.Compact {
		return false
	}
	_, lacks := a.g.compactless.Load(a.d.ID)
	return lacks
}

// learnsCompaction notes of a deployment that refused a compaction that it makes none, and reports whether it is worth another try: by
// asking its model.
func (x *exchange) learnsCompaction(d *routing.Deployment, f *failure) bool {
	if x.ep.operation != protocol.Compact || f == nil || !f.asked || f.via != x.ep.protocol {
		return false
	}
	switch e := f.err; {
	case e.Kind == protocol.Unsupported, e.Kind == protocol.NotFound, e.Status == http.StatusMethodNotAllowed, e.Status == http.StatusNotImplemented:
	default:
		return false
	}
	_, known := x.g.compactless.LoadOrStore(d.ID, struct{}{})
	return !known
}

// longestSummary is the most tokens that a summary may take, the model's thinking before it included.
const longestSummary = 16_384
