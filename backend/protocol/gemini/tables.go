package gemini

import (
	conv "metapi/backend/protocol/conversation"
)

// skipSignature stands for the signature of a call that no model of Google's made: the models from Gemini 3 on want one on the
// first call of each step (https://ai.google.dev/gemini-api/docs/thought-signatures).
const skipSignature = "skip_thought_signature_validator"

// modes are FunctionCallingConfig.Mode. VALIDATED leaves the choice to the model, and holds it to the schema.
var modes = map[string]conv.ChoiceMode{"": conv.ChoiceUnset, "MODE_UNSPECIFIED": conv.ChoiceUnset, "AUTO": conv.ChoiceAuto,
	"VALIDATED": conv.ChoiceAuto, "ANY": conv.ChoiceAny, "NONE": conv.ChoiceNone}

// reasons are Candidate.FinishReason and PromptFeedback.BlockReason. A word that is not here is [conv.Stopped]: new ones come
// up for answers that ended in some other way than by a filter.
var reasons = map[string]conv.Reason{
	"STOP": conv.Stopped, "MAX_TOKENS": conv.MaxTokens,
	"SAFETY": conv.Refused, "RECITATION": conv.Refused, "LANGUAGE": conv.Refused, "BLOCKLIST": conv.Refused, "PROHIBITED_CONTENT": conv.Refused,
	"SPII": conv.Refused, "IMAGE_SAFETY": conv.Refused, "IMAGE_PROHIBITED_CONTENT": conv.Refused, "IMAGE_RECITATION": conv.Refused,
	"MODEL_ARMOR": conv.Refused, "JAILBREAK": conv.Refused,
	"OTHER": conv.Stopped, "IMAGE_OTHER": conv.Stopped, "NO_IMAGE": conv.Stopped, "MALFORMED_FUNCTION_CALL": conv.Stopped,
	"UNEXPECTED_TOOL_CALL": conv.Stopped, "TOO_MANY_TOOL_CALLS": conv.Stopped, "CONTINUATION": conv.Stopped,
	"MISSING_THOUGHT_SIGNATURE": conv.Stopped, "MALFORMED_RESPONSE": conv.Stopped,
}

// words are the finish reasons that we write. The API has no word for calls: an answer that calls tools stops.
var words = map[conv.Reason]string{conv.Stopped: "STOP", conv.StopWord: "STOP", conv.CallsTools: "STOP", conv.PausedTurn: "STOP",
	conv.MaxTokens: "MAX_TOKENS", conv.ContextFull: "MAX_TOKENS", conv.Refused: "SAFETY"}

// failures are the finish reasons of an answer that the model could not bring to an end. Without any content it is no answer.
var failures = map[string]bool{"MALFORMED_FUNCTION_CALL": true, "UNEXPECTED_TOOL_CALL": true, "TOO_MANY_TOOL_CALLS": true,
	"MISSING_THOUGHT_SIGNATURE": true, "MALFORMED_RESPONSE": true, "OTHER": true}

// unsayable are the parameters that this protocol does not have; see package unsaid. What else cannot be said is refused where it stands in
// the encoder: more than eight answers, more than five stop sequences, files of another vendor's.
var unsayable = []string{"logit_bias", "top_logprobs", "verbosity", "user", "metadata", "service_tier", "prompt_cache_key", "store", "include",
	"parallel_tool_calls", "strict", "messages.name", "cache_control"}
