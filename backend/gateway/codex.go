package gateway

import (
	"net/http"
	"regexp"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
)

// codexModel is a model as Codex reads it (ModelInfo in codex-rs/protocol/src/openai_models.rs of github.com/openai/codex). What has no omitempty must
// be there, else Codex takes nothing of the whole list.
type codexModel struct {
	Slug             string        `json:"slug"`
	DisplayName      string        `json:"display_name"`
	Description      string        `json:"description"`
	DefaultLevel     string        `json:"default_reasoning_level,omitempty"`
	Levels           []codexEffort `json:"supported_reasoning_levels"`
	Shell            string        `json:"shell_type"`
	Visibility       string        `json:"visibility"`
	InAPI            bool          `json:"supported_in_api"`
	Priority         int           `json:"priority"`
	Upgrade          *struct{}     `json:"upgrade"`
	Instructions     string        `json:"base_instructions"`
	Summaries        bool          `json:"supports_reasoning_summaries"`
	Verbosity        bool          `json:"support_verbosity"`
	DefaultVerbosity *string       `json:"default_verbosity"`
	ApplyPatch       *string       `json:"apply_patch_tool_type"`
	Truncation       codexCut      `json:"truncation_policy"`
	Parallel         bool          `json:"supports_parallel_tool_calls"`
	Context          int64         `json:"context_window,omitempty"`
	MaxContext       int64         `json:"max_context_window,omitempty"`
	Tools            []string      `json:"experimental_supported_tools"`
}

type codexEffort struct {
	Effort      string `json:"effort"`
	Description string `json:"description"`
}

type codexCut struct {
	Mode  string `json:"mode"`
	Limit int64  `json:"limit"`
}

var codexEfforts = []codexEffort{{"low", "Answers soon"}, {"medium", "Thinks where it helps"}, {"high", "Thinks for long"}}

// codexOwn are the models that Codex has words of its own for. An entry here would take the place of those, with less in it.
var codexOwn = regexp.MustCompile(`^(gpt-|codex-|o\d)`)

// codexInstructions stand in for what Codex says to models that it knows nothing of: an entry without instructions takes those away.
const codexInstructions = `You are a coding agent. You work in the Codex CLI, in a terminal, together with the person whose computer it is.

How to work:
- Look before you act: read the files that matter, and search with rg rather than guess.
- Go on until the task is done, or until you need an answer that only the person has. Say briefly what you are about to do before a group of commands.
- Change what the task needs and nothing else, in the style that the code around it has. Mend causes, not symptoms.
- Change files by running apply_patch in the shell, or with the shell's own means. Its input is a text that begins with "*** Begin Patch" and ends with
  "*** End Patch"; between them stands for each file a line "*** Add File: PATH", "*** Update File: PATH" or "*** Delete File: PATH", then its lines: each with
  "+" before it where it is new, "-" where it goes, and a blank where it stays; a line "@@" begins each place that changes.
- Check what you did: run the tests and tools that the project has, the nearest ones first. Do not claim what you have not seen.
- Never undo changes that are not yours, commit, or run what destroys data, unless you were asked to. Heed the sandbox and the approvals that you are told of.
- Files named AGENTS.md say how to work in their folder and below it; the deeper one counts, and what the person says counts more.

In the end, say in a few sentences what you changed and where (as path:line), what you checked, and what is left. Write plainly; use lists only where they help.`

// listCodex is the list that Codex asks for, which it knows by the client_version in the query.
func listCodex(w http.ResponseWriter, _ *http.Request, _ endpoint, snap *snapshot.Snapshot) {
	models := []codexModel{}
	for _, m := range offeredIn(snap, protocol.SetOf(protocol.OpenAIResponses)) {
		if !codexOwn.MatchString(m.name) {
			models = append(models, codexEntry(m.name, m.d, len(models)))
		}
	}
	answer(w, map[string]any{"models": models})
}

func codexEntry(name string, d *routing.Deployment, place int) codexModel {
	m := codexModel{Slug: name, DisplayName: d.Display, Description: "At " + d.Account.Provider, Levels: []codexEffort{}, Shell: "shell_command", Visibility: "list",
		InAPI: true, Priority: place + 1, Instructions: codexInstructions, Truncation: codexCut{"tokens", 10_000}, Parallel: true, Context: d.Context,
		MaxContext: d.Context, Tools: []string{}}
	if d.Reasons {
		m.Levels, m.DefaultLevel, m.Summaries = codexEfforts, "medium", true
	}
	return m
}
