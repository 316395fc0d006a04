package provider

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"metapi/backend/protocol"
)

// Azure OpenAI has two surfaces. The newer one is OpenAI's own under /openai/v1, where a model is named by its deployment. The older one has
// the deployment in the path and wants an api-version in the query; it is spoken where the pasted address has one. What Azure lists as models
// are those that could be deployed, not those that are, so that deployments are learned from a list that Azure has given up but still answers
// in places, or are told by the person, in the base URL:
//
//	https://NAME.openai.azure.com/openai/v1                                       the newer surface
//	https://NAME.openai.azure.com/openai/v1/deployments/my-gpt,my-mini            ... and these deployments
//	https://NAME.openai.azure.com/openai/deployments/my-gpt?api-version=2024-10-21  the older one
//
// Sources: learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models API version lifecycle", "Models - List", and the answers 1371786 and
// 1617987 of its forum on listing deployments.
var azureFamily = family{
	word:      "azure",
	versioned: true,
	tidy: func(_ *Provider, segments []string) []string {
		before, after := dropLast(segments, "v1"), []string(nil)
		if at := slices.Index(segments, "openai"); at >= 0 {
			before, after = segments[:at], segments[at+1:]
		} else if len(before) > 0 && (before[0] == "api" || before[0] == "models") { // of the same resource's other services
			before = nil
		}
		tidy := append(slices.Clone(before), "openai", "v1")
		if len(after) > 0 && after[0] == "v1" {
			after = after[1:]
		}
		if len(after) > 1 && after[0] == "deployments" {
			tidy = append(tidy, after[:2]...)
		}
		return tidy
	},
	roots: func(base string) roots {
		root, _ := azureBase(base)
		return roots{openai: root}
	},
	list: listing{
		paths: []string{"//openai/deployments"},
		first: url.Values{"api-version": {"2023-03-15-preview"}}, // the last that lists them
		next:  func(*page) (url.Values, string) { return nil, "" },
	},
}

// azureBase takes the names of deployments out of a base path.
func azureBase(base string) (root string, deployments []string) {
	root, names, named := strings.Cut(base, "/deployments")
	if !named {
		return base, nil
	}
	for name := range strings.SplitSeq(strings.Trim(names, "/"), ",") {
		if name != "" {
			deployments = append(deployments, name)
		}
	}
	return root, deployments
}

// apiVersion is what an api-version looks like.
var apiVersion = regexp.MustCompile(`^[0-9a-z][0-9a-z.-]{0,39}$`)

// cutVersion takes the api-version off an address. Any other query stays, and is refused later.
func cutVersion(raw string) (rest, version string, err error) {
	rest, query, has := strings.Cut(raw, "?")
	if !has {
		return raw, "", nil
	}
	values, parseErr := url.ParseQuery(query)
	if version = values.Get("api-version"); parseErr != nil || len(values) != 1 || !apiVersion.MatchString(version) {
		return "", "", baseError("of the part from ? on, the address may only have the api-version; if it held a key, paste that as the key")
	}
	return rest, version, nil
}

// withVersion is the address of the older surface beside the newer one's.
func withVersion(base, version string) string {
	at := strings.LastIndex(base, "/openai/v1")
	after := base[at+len("/openai/v1"):]
	if after == "" {
		after = "/deployments"
	}
	return base[:at] + "/openai" + after + "?api-version=" + version
}

// azurePaths lays out the calls of the older surface.
func azurePaths(root string) (calls [protocol.Count]calls, speaks protocol.Set) {
	at := func(tail string) path {
		return path{head: root + "/deployments/", tail: tail, named: true, model: true}
	}
	calls[protocol.OpenAIChat][protocol.Generate] = at("/chat/completions")
	calls[protocol.OpenAIEmbeddings][protocol.Embed] = at("/embeddings")
	return calls, protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIEmbeddings)
}
