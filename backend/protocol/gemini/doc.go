// Package gemini is the dialect of Google's Generative Language API (POST /v1beta/models/M:generateContent,
// :streamGenerateContent?alt=sse and :countTokens). The model and the wish for a stream stand in the path, so a body
// has neither. Names may be written in camelCase or snake_case: both are JSON forms of the same protocol buffers.
//
// A stream is whole GenerateContentResponses without event names; the one with a finishReason is the last, and nothing
// marks the end beyond it. A prompt that is blocked gives no candidates but promptFeedback.blockReason, which is an
// answer, and no failure. promptTokenCount includes cached tokens; candidatesTokenCount leaves out the thoughts.
//
// What can be sent while waiting is a blank line: @google/genai and the Go SDK both drop an empty block, whereas the
// Go SDK fails on a comment, and so do older releases of the JavaScript one.
//
// Source: the descriptor of @google-ai/generativelanguage, and the SDKs' stream readers.
package gemini
