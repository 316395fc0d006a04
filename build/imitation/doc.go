// Package imitation is test support: strict imitations of OpenAI, Anthropic and Gemini on a loopback port.
//
// A [Vendor] refuses what the real one refuses, answers in its words, streams by its grammar, and can go wrong in every
// way that a gateway must survive. It is written from the vendors' own definitions and imports nothing of Metapi's
// backend, so that a mistake in our codecs cannot hide behind the same mistake here.
//
//	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-A"), imitation.WithModels("gpt-4o"))
//	v.Script(imitation.Text("Hello"))                                            // the next answer
//	v.Fault(imitation.Fault{Kind: imitation.Status429, RetryAfter: imitation.RetryDate}) // the next call
//	v.Pace(imitation.Pace{Cut: imitation.CutUTF8})                               // how streams are cut
//	... v.BaseURL, v.Key ...
//	v.Requests(); v.Violations()
//
// Each key of WithKey is an account of its own: stored responses and encrypted reasoning belong to one, and are refused
// at another. With nothing scripted, an answer echoes the question ([Echo]); it is the same for the same question.
//
// # What is refused, and where that comes from
//
// Shape (schema/*.json, derived by derive/derive.mjs, which names what it changes):
//   - OpenAI: the request schemas of the published OpenAPI document. Unknown arguments at the top level are refused
//     ("Unrecognized request argument supplied: x", for Responses "Unknown parameter: 'x'."); deeper ones are let pass, as the service does.
//   - Anthropic: the parameter types of @anthropic-ai/sdk. Unknown fields are refused at every depth ("x: Extra inputs are
//     not permitted"). The beta types apply where an anthropic-beta header is sent; context_management and mcp_servers want
//     their own beta.
//   - Gemini: the protobuf descriptors of @google-ai/generativelanguage (v1beta) with the newer fields of @google/genai, in both
//     spellings that the JSON mapping takes. Unknown names are refused at every depth (400 INVALID_ARGUMENT).
//
// To derive them again: node derive/derive.mjs with the OpenAPI document and the four unpacked npm packages that its head
// names; the first line of each schema says which versions the committed one came from. Of a key given twice the last
// counts, for all three.
//
// Beyond the shape, from the vendors' documentation and error messages as clients report them:
//   - the credential: only in the vendor's own place (Bearer; x-api-key, or Bearer as its newest client library
//     sends, with anthropic-version; x-goog-api-key or ?key=); each vendor's own answer for a missing one and for a
//     wrong one. OpenAI's quotes the ends of the key, as the real one does: a gateway must not pass that on.
//   - an unknown model: three shapes of 404.
//   - OpenAI: max_tokens and sampling parameters on models that reason, tool messages without their call and calls without
//     their messages, function names, stream_options without stream, previous_response_id and item ids of another account,
//     encrypted reasoning of another account, cancel of a response that is not in the background.
//   - Anthropic: max_tokens missing, tool_use and tool_result apart, thinking budgets, signatures that are not its own, forced
//     tools with thinking, empty texts, trailing white space at the end, cache breakpoints (number and order), tool names
//     and ids.
//   - Gemini: empty contents, roles, more than one kind of data in a part, calls and responses that do not match, missing
//     thought signatures on Gemini 3 models, cached content that is not there.
//
// Where no source gives the exact words (a wrong content type at Anthropic and Gemini, an HTTP 402 at OpenAI), ours are a
// likeness; only status and shape are to be relied on.
//
// # Compatible vendors
//
// Those that speak OpenAI's chat completions in a manner of their own are data: [Compatible] says what a vendor may differ in, the files
// compatible_*.go have the vendors, each with the pages that it is written from, and [Like] starts one. Package build/conformance runs every
// provider against its own. [Only] makes of the OpenAI imitation one that serves one of the two protocols.
//
// # Violations
//
// Some things a real vendor would not mention, and a gateway must never do: send a credential that is not of this
// account, another vendor's form of credential, a local key, cookies, Origin, Sec-Fetch, forwarding or hop-by-hop headers,
// or a credential after a redirect. They are recorded; [New] fails the test for them at its end. A JavaScript client
// that calls an imitation without a gateway between trips over this: Node's fetch sends Sec-Fetch-Mode.
//
// # Faults
//
// [FaultKinds] lists them. Those before an answer do not look at the call; those within one want a valid call, and have a
// form for streams and one for single bodies. A [Fault] can be bound to an operation, a model or an account, and
// lasts once, some times, or until Clear.
//
// # Other languages
//
// cmd/imitation is the same as a program, steered by lines on its input or below /__imitation/.
package imitation
