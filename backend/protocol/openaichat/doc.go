// Package openaichat is the dialect of OpenAI's Chat Completions (POST /v1/chat/completions), the format that most
// clients and nearly all other vendors speak.
//
// A reply is choices[].message, a stream is chunks with choices[].delta, ended by "data: [DONE]". A chunk with a
// role and nothing else is Quiet; text, reasoning (reasoning_content, reasoning, reasoning_details), a refusal, or a
// tool call with a name or arguments is Meaningful. The chunk that stream_options.include_usage adds has no
// choices: UsageOnly, so that the gateway can hide it from a client that did not ask.
//
// Source: the OpenAPI document of the OpenAI API, and for what vendors add to it the tests' cases.
package openaichat
