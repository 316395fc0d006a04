package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"metapi/backend/protocol"
	"metapi/backend/protocol/openairesponses"
	"metapi/backend/protocol/scan"
)

// What is kept here is asked for and changed here: no account is reached, and nothing is spent, so that the ledger has no record of it.

// keptCall is one such call.
type keptCall struct {
	Kept
	w      http.ResponseWriter
	r      *http.Request
	ep     endpoint
	client string
	limit  int64 // of a body, in bytes
}

// keptCalls answer calls about responses, by their operation.
var keptCalls = map[protocol.Operation]func(*keptCall) ([]byte, error){
	protocol.Retrieve:   (*keptCall).response,
	protocol.Cancel:     (*keptCall).cancel,
	protocol.Delete:     (*keptCall).forget,
	protocol.InputItems: (*keptCall).inputItems,
}

// serveKept answers a call about what is kept here, and reports whether it is one.
func (g *Gateway) serveKept(w http.ResponseWriter, r *http.Request, ep endpoint, client string) bool {
	answer := ep.kept
	if answer == nil {
		if ep.id == "" {
			return false // a request
		}
		if answer = keptCalls[ep.operation]; answer == nil || !openairesponses.OursResponse(ep.id) {
			return false
		}
		if _, there := g.Kept.Response(client, ep.id); !there {
			answer = func(*keptCall) ([]byte, error) {
				return nil, &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Response with id '%.100s' not found.", ep.id)}
			}
		}
	} else if !g.Kept.On() {
		refuse(w, ep.dialect(), &protocol.Error{Kind: protocol.NotFound, Message: "Metapi is set to keep nothing, so that it has no conversations"})
		return true
	}
	body, err := answer(&keptCall{Kept: g.Kept, w: w, r: r, ep: ep, client: client, limit: g.MaxBody})
	if err != nil {
		refuse(w, ep.dialect(), asError(err))
		return true
	}
	h := w.Header()
	h["Content-Type"] = acceptJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body)
	return true
}

func (c *keptCall) response() ([]byte, error) {
	if c.ep.stream {
		return nil, &protocol.Error{Kind: protocol.BadRequest, Param: "stream",
			Message: "the stream of a response that Metapi keeps cannot be told again; ask for it without \"stream\""}
	}
	object, ok := c.Response(c.client, c.ep.id)
	return object, c.lost(ok)
}

// lost is the error for what was there a moment ago.
func (c *keptCall) lost(ok bool) error {
	if ok {
		return nil
	}
	return &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Nothing with id '%.100s' found.", c.ep.id)}
}

func (c *keptCall) cancel() ([]byte, error) {
	return nil, &protocol.Error{Kind: protocol.BadRequest, Message: "Cannot cancel a synchronous response."}
}

func (c *keptCall) forget() ([]byte, error) {
	return deleted(c.ep.id, "response"), c.lost(c.Forget(c.client, c.ep.id))
}

func deleted(id, object string) []byte {
	body, _ := json.Marshal(map[string]any{"id": id, "object": object, "deleted": true})
	return body
}

func (c *keptCall) inputItems() ([]byte, error) {
	items, ok := c.Input(c.client, c.ep.id)
	if !ok {
		return nil, c.lost(false)
	}
	return c.page(items)
}

func (c *keptCall) page(items []openairesponses.Item) ([]byte, error) {
	page, err := openairesponses.ReadPage(c.r.URL.Query())
	if err != nil {
		return nil, err
	}
	return page.List(items)
}

func noConversation(id string) *protocol.Error {
	return &protocol.Error{Kind: protocol.NotFound, Param: "conversation", Message: fmt.Sprintf("Conversation with id '%.100s' not found.", id)}
}

// mostItems is how many items a call may add.
const mostItems = 20

// body reads what a call that creates or changes brings.
func (c *keptCall) body(needItems bool) (metadata json.RawMessage, items []openairesponses.Item, err error) {
	if c.r.ContentLength == 0 && !needItems {
		return nil, nil, nil
	}
	raw, e := readBody(c.w, c.r, c.limit)
	if e != nil {
		return nil, nil, e
	}
	var body struct {
		Metadata json.RawMessage `json:"metadata"`
		Items    json.RawMessage `json:"items"`
	}
	if err := scan.Valid(raw); err != nil {
		return nil, nil, &protocol.Error{Kind: protocol.BadRequest, Message: "the body is not valid JSON: " + err.Error()}
	}
	if json.Unmarshal(raw, &body) != nil {
		return nil, nil, &protocol.Error{Kind: protocol.BadRequest, Message: "the body must be a JSON object"}
	}
	if err := openairesponses.CheckMetadata(body.Metadata); err != nil {
		return nil, nil, err
	}
	if len(body.Items) > 0 && string(body.Items) != "null" {
		if items, err = openairesponses.ReadItems(body.Items, "items"); err != nil {
			return nil, nil, err
		}
	} else if needItems {
		return nil, nil, &protocol.Error{Kind: protocol.BadRequest, Param: "items", Code: "missing_required_parameter", Message: "Missing required parameter: 'items'."}
	}
	if len(items) > mostItems {
		return nil, nil, &protocol.Error{Kind: protocol.BadRequest, Param: "items", Message: fmt.Sprintf("%d items may be added at a time, not %d", mostItems, len(items))}
	}
	for i := range items {
		if id := items[i].Reference(); id != "" {
			it, ok := c.Item(c.client, id)
			if !ok {
				return nil, nil, &protocol.Error{Kind: protocol.BadRequest, Param: fmt.Sprintf("items[%d]", i), Message: fmt.Sprintf("Item with id '%.100s' not found.", id)}
			}
			items[i] = it
		}
	}
	return body.Metadata, items, nil
}

func (c *keptCall) begin() ([]byte, error) {
	metadata, items, err := c.body(false)
	if err != nil {
		return nil, err
	}
	made := c.Begin(c.client, metadata, items)
	return made.Append(nil), nil
}

func (c *keptCall) conversation() ([]byte, error) {
	found, ok := c.Conversation(c.client, c.ep.id)
	if !ok {
		return nil, noConversation(c.ep.id)
	}
	return found.Append(nil), nil
}

func (c *keptCall) describe() ([]byte, error) {
	metadata, _, err := c.body(false)
	if err != nil {
		return nil, err
	}
	found, ok := c.Describe(c.client, c.ep.id, metadata)
	if !ok {
		return nil, noConversation(c.ep.id)
	}
	return found.Append(nil), nil
}

func (c *keptCall) end() ([]byte, error) {
	if !c.End(c.client, c.ep.id) {
		return nil, noConversation(c.ep.id)
	}
	return deleted(c.ep.id, "conversation.deleted"), nil
}

func (c *keptCall) said() ([]byte, error) {
	items, ok := c.Said(c.client, c.ep.id)
	if !ok {
		return nil, noConversation(c.ep.id)
	}
	return c.page(items)
}

func (c *keptCall) say() ([]byte, error) {
	_, items, err := c.body(true)
	if err != nil {
		return nil, err
	}
	if !c.Say(c.client, c.ep.id, items) {
		return nil, noConversation(c.ep.id)
	}
	return openairesponses.AppendList(nil, items, false), nil
}

func (c *keptCall) item() ([]byte, error) {
	items, ok := c.Said(c.client, c.ep.id)
	if !ok {
		return nil, noConversation(c.ep.id)
	}
	for i := range items {
		if items[i].ID == c.ep.item {
			return openairesponses.Resource(items[i]), nil
		}
	}
	return nil, c.noItem()
}

func (c *keptCall) noItem() error {
	return &protocol.Error{Kind: protocol.NotFound, Message: fmt.Sprintf("Item with id '%.100s' not found in this conversation.", c.ep.item)}
}

func (c *keptCall) unsay() ([]byte, error) {
	if _, ok := c.Conversation(c.client, c.ep.id); !ok {
		return nil, noConversation(c.ep.id)
	}
	left, ok := c.Unsay(c.client, c.ep.id, c.ep.item)
	if !ok {
		return nil, c.noItem()
	}
	return left.Append(nil), nil
}
