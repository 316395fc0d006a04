package schema

import (
	"encoding/json"
	"strconv"
)

// node is a Schema of the Generative Language API. It has a field for each keyword that may be sent, so nothing else can be.
type node struct {
	typ         string // STRING, NUMBER, INTEGER, BOOLEAN, ARRAY or OBJECT; empty only beside anyOf
	format      string
	description string
	nullable    bool
	enum        []string
	items       *node
	properties  []property
	required    []string
	anyOf       []*node
	bounds      []bound
}

type property struct {
	name string
	node *node
}

// bound is minimum, maxItems and their like, with its number.
type bound struct {
	keyword string
	value   json.Number
}

func (n *node) append(dst []byte) []byte {
	dst = append(dst, '{')
	key := func(name string) {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), name...), '"', ':')
	}
	text := func(name, s string) {
		if s != "" {
			key(name)
			dst = appendText(dst, s)
		}
	}
	texts := func(name string, list []string) {
		if len(list) == 0 {
			return
		}
		key(name)
		dst = append(dst, '[')
		for i, s := range list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, s)
		}
		dst = append(dst, ']')
	}
	text("type", n.typ)
	text("format", n.format)
	text("description", n.description)
	if n.nullable {
		key("nullable")
		dst = strconv.AppendBool(dst, true)
	}
	texts("enum", n.enum)
	for _, b := range n.bounds {
		key(b.keyword)
		dst = append(dst, b.value...)
	}
	if n.items != nil {
		key("items")
		dst = n.items.append(dst)
	}
	if len(n.properties) > 0 {
		key("properties")
		dst = append(dst, '{')
		for i, p := range n.properties {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, p.name), ':')
			dst = p.node.append(dst)
		}
		dst = append(dst, '}')
	}
	texts("required", n.required)
	if len(n.anyOf) > 0 {
		key("anyOf")
		dst = append(dst, '[')
		for i, b := range n.anyOf {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = b.append(dst)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
