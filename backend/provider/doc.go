// Package provider knows the kinds of upstream that Metapi can call: what their keys look like, how their base URLs
// are written, where each call goes and with which headers, and what models an account offers. It makes two kinds of
// requests: the listing of models, which is also how a key is verified, and the question what an account has left.
//
// # From what a person pastes to an account
//
// [CleanKey] takes a key out of what was pasted; [Recognise] proposes accounts for it, and only one where its shape
// leaves no doubt. [NormalizeBaseURL] gives an address its one form. [Provider.List] then asks the upstream, and
// comes back with a [Listing]: an [Outcome], the models, and words for a person where something is wrong.
//
//	p, _ := provider.Get("openai-compatible")
//	base, err := provider.NormalizeBaseURL(p, "api.groq.com") // https://api.groq.com/openai/v1
//	listing := p.List(ctx, client, provider.Credential{BaseURL: base, Secret: key})
//
// # From an account to calls
//
// [Provider.Target] prepares an account once. [Target.Request] then gives the URL and the credentials of a call
// without parsing anything, and [Target.Defaults] the headers that must be there if the client sent none of that
// name. [Target.Host] is the only host that the secret may go to.
//
// # What is refused
//
// A key that opens no API, such as a subscription's token. An address with a user name, a fragment, or a query other than Azure's
// api-version in it, since those carry secrets into logs; plain http to anything but this machine and private networks, since
// anyone on the way reads it; the metadata services of clouds, which answer with credentials of their own. A
// redirect is never followed: the key belongs to the host it was stored for.
//
// # How models are sorted
//
// What a model can be reached by is decided when it is listed, from the best source there is: what the listing says
// (Gemini's supportedGenerationMethods, New API's supported_endpoint_types, OpenRouter's modalities, Together's
// type), else the model's name (the tables in serve.go), else the provider's own protocols. What no protocol of
// Metapi can reach is left out, with the reason, in Listing.Skipped. Only a listing that was read to its end comes
// with [OutcomeOK]: half a list must not make the other half look gone.
//
// # Adding a provider
//
// A provider is data: an entry of providers.yaml, in the form that providers.schema.json describes and [Definition] holds. A person adds one of
// their own, or replaces one of ours, by a file of the same form in the folder providers.d; [Use] puts those in force while the program
// runs. For a vendor that speaks a known format ten lines are enough:
//
//	# providers.d/example.yaml
//	- id: example
//	  name: Example
//	  format: openai
//	  base_url: https://api.example.com/v1
//	  protocols: [openai-chat, openai-embeddings]
//	  keys: {page: https://example.com/keys, prefixes: [ex-]}
//	  quirks: [max_tokens, "no:seed"]
//	  balance: [{path: /credits, remaining: data.left, currency: USD}]
//
// What a format's members have in common is in its family (family.go, azure.go): how base URLs are tidied, where its roots are, how its pages
// are asked for. Package build/conformance shows which providers have been proven, and is where a new one is: its manners go into
// build/imitation/compatible_*.go. A new wire format gets a family of its own; its calls and its header go into target.go.
//
// # Money
//
// [Provider.Balance] asks what is left, in the ways that the definition tells, of the host that it is written for and no other. A vendor that
// tells nothing is [OutcomeNotOffered], which is not zero. [Target.Biller] says whose replies tell in US dollars what they cost, and
// [Listed] has the price of a model where the list of a vendor is known to tell it.
package provider
