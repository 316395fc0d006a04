package openaichat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// decodeTools reads tools, or functions as they were called before.
func decodeTools(in *asked, r *conversation.Request) error {
	declared := 0
	if err := elements(in.tools, "tools", func(i int, raw []byte) error {
		declared++
		return decodeTool(raw, fmt.Sprintf("tools[%d]", i), r)
	}); err != nil {
		return err
	}
	if given(in.WebSearch) != nil {
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.WebSearch, Name: "web_search", Raw: in.WebSearch, Origin: protocol.OpenAIChat})
	}
	if declared > 0 {
		return nil
	}
	return elements(in.functions, "functions", func(i int, raw []byte) error {
		at := fmt.Sprintf("functions[%d]", i)
		var f function
		if err := into(raw, &f, at); err != nil {
			return err
		}
		r.Functions = true
		return addFunction(r, &f, nil, at)
	})
}

func decodeTool(raw []byte, at string, r *conversation.Request) error {
	var t struct {
		Type     string
		Function *function
		Custom   *customTool
		Cache    *cacheMark `json:"cache_control"`
	}
	if err := into(raw, &t, at); err != nil {
		return err
	}
	switch {
	case t.Function != nil && (t.Type == "function" || t.Type == ""):
		return addFunction(r, t.Function, mark(t.Cache), at+".function")
	case t.Type == "custom" && t.Custom != nil:
		if t.Custom.Name == "" {
			return bad(at+".custom.name", "a custom tool has no name")
		}
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Custom, Name: t.Custom.Name, Description: t.Custom.Description,
			Grammar: flatGrammar(t.Custom.Format), Cache: mark(t.Cache)})
	case t.Type == "" || t.Type == "function" || t.Type == "custom":
		return bad(at+"."+first(t.Type, "type"), "a tool is not declared")
	case strings.HasPrefix(t.Type, "web_search"): // xAI, GLM and others have it among the tools
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.WebSearch, Name: t.Type, Raw: bytes.Clone(raw), Origin: protocol.OpenAIChat})
	default:
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Hosted, Name: t.Type, Raw: bytes.Clone(raw), Origin: protocol.OpenAIChat})
	}
	return nil
}

func addFunction(r *conversation.Request, f *function, cache *conversation.Cache, at string) error {
	if strings.TrimSpace(f.Name) == "" {
		return bad(at+".name", "a function has no name")
	}
	r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Function, Name: f.Name, Description: f.Description,
		Schema: given(f.Parameters), Strict: f.Strict, Cache: cache})
	return nil
}

// cacheOf reads a mark of what is at.
func cacheOf(value []byte, at string) (*conversation.Cache, error) {
	var c *cacheMark
	err := into(value, &c, at+".cache_control")
	return mark(c), err
}

func mark(c *cacheMark) *conversation.Cache {
	if c == nil {
		return nil
	}
	return &conversation.Cache{TTL: c.TTL}
}

// flatGrammar turns a custom tool's format into the one of openai-responses, which has the grammar's members beside the type.
func flatGrammar(format json.RawMessage) json.RawMessage {
	var f struct {
		Type    string
		Grammar *struct {
			Definition string `json:"definition"`
			Syntax     string `json:"syntax"`
		}
	}
	if given(format) == nil || json.Unmarshal(format, &f) != nil || f.Grammar == nil {
		return given(format)
	}
	return compact(map[string]any{"type": "grammar", "syntax": f.Grammar.Syntax, "definition": f.Grammar.Definition})
}

// decodeChoice reads tool_choice, or function_call.
func decodeChoice(in *asked, r *conversation.Request) error {
	c := &r.Choice
	c.Parallel = in.Parallel
	raw, at := given(in.ToolChoice), "tool_choice"
	if raw == nil {
		raw, at = given(in.FunctionCall), "function_call"
	}
	if raw == nil {
		return nil
	}
	if raw[0] == '"' {
		var word string
		if err := into(raw, &word, at); err != nil {
			return err
		}
		switch word {
		case "auto":
			c.Mode = conversation.ChoiceAuto
		case "none":
			c.Mode = conversation.ChoiceNone
		case "required", "any": // any: Mistral
			c.Mode = conversation.ChoiceAny
		default:
			return bad(at, fmt.Sprintf("%s %q is none of none, auto, required", at, word))
		}
		return nil
	}
	type named struct{ Name string }
	var o struct {
		named
		Type     string
		Function *named
		Custom   *named
		Allowed  *struct {
			Mode  string
			Tools []struct {
				named
				Function *named
				Custom   *named
			}
		} `json:"allowed_tools"`
	}
	if err := into(raw, &o, at); err != nil {
		return err
	}
	pick := func(own named, of ...*named) string {
		for _, n := range of {
			if n != nil && n.Name != "" {
				return n.Name
			}
		}
		return own.Name
	}
	if o.Allowed != nil {
		c.Mode = conversation.ChoiceAuto
		if o.Allowed.Mode == "required" {
			c.Mode = conversation.ChoiceTool
		}
		for _, t := range o.Allowed.Tools {
			if name := pick(t.named, t.Function, t.Custom); name != "" {
				c.Names = append(c.Names, name)
			}
		}
		if len(c.Names) == 0 {
			return bad(at+".allowed_tools.tools", "allowed_tools names no tool")
		}
		return nil
	}
	name := pick(o.named, o.Function, o.Custom)
	if name == "" {
		return bad(at, at+" names no tool")
	}
	c.Mode, c.Names = conversation.ChoiceTool, []string{name}
	return nil
}
