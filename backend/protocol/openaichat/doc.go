// Package openaichat is OpenAI's Chat Completions (POST /v1/chat/completions), the format that most clients and nearly
// all other vendors speak: its dialect for bodies that pass as they are (lane A), and its codec for those that are
// translated (lane B).
//
// # The dialect
//
// A reply is choices[].message, a stream is chunks with choices[].delta, ended by "data: [DONE]". A chunk with a
// role and nothing else is Quiet; text, reasoning (reasoning_content, reasoning, reasoning_details), a refusal, or a
// tool call with a name or arguments is Meaningful. The chunk that stream_options.include_usage adds has no
// choices: UsageOnly, so that the gateway can hide it from a client that did not ask.
//
// # The codec
//
// [Codec] has the four directions. decoderequest.go reads what clients send (with decodetools.go, decodemessages.go and
// decodecontent.go), encoderequest.go writes what upstreams get (with encodetools.go, encodereasoning.go and encodemessages.go; turns.go
// puts calls and results in order). decodereply.go and reader.go read what upstreams answer (lane.go is one choice of a stream,
// fragments.go its calls, think.go reasoning within text), encodereply.go and writer.go write what clients get. tables.go says what
// becomes of everything that has no place here.
//
// What is written is what CreateChatCompletionRequest, CreateChatCompletionResponse and CreateChatCompletionStreamResponse
// have, and what is asked for by a quirk. Replies have reasoning_content beside, and images and extra_content where a model
// made pictures or Gemini signed a call: clients of compatible vendors look for them there, and others read over them.
//
// Tools' names are made legal where they are not, and custom tools are declared as functions for models that take none: packages toolnames
// and freetext have that for all codecs.
//
// # Quirks
//
// How a compatible vendor differs is told by entries of Target.Quirks, and by nothing else:
//
//	max_tokens                  the limit of output is max_tokens, whatever the model
//	max_completion_tokens       the limit of output is max_completion_tokens, whatever the model
//	developer                   knows the role developer
//	system_first                instructions may stand at the beginning only: later ones are said by the user
//	merge_turns                 messages of one role in a row are refused: they become one
//	string_content              texts are one string, never a list of parts
//	reasoning_content           takes the assistant's reasoning back in reasoning_content
//	reasoning_content_required  wants it back in each of the assistant's messages, while it thinks (DeepSeek, Kimi, MiMo)
//	reasoning_details           takes it back in reasoning_details, sealed ones too (OpenRouter)
//	reasoning                   is told how much to think by reasoning: {effort, max_tokens, enabled} (OpenRouter)
//	thinking                    ... by thinking: {type: enabled or disabled} (DeepSeek, GLM, Kimi)
//	enable_thinking             ... by enable_thinking and thinking_budget (Qwen)
//	thinks_streaming            ... and thinks in streams only: a whole answer has to be asked for without (Qwen's open models)
//	json_object_only            has no json_schema: the schema is given in words
//	cache_control               takes cache_control marks on parts and tools
//	prompt_cache_key            takes prompt_cache_key
//	top_k                       takes top_k
//	video_url                   takes films
//	custom_tools                takes custom tools
//	web_search_options          searches the web by itself when told to
//	verbosity                   takes verbosity
//	prefix                      goes on with an assistant's last message that has prefix: true (DeepSeek, Mistral)
//	extra_content               takes Gemini's signature of a call in extra_content (Google)
//	ids_of_nine                 wants calls' ids to be nine letters and digits (Mistral)
//	no:NAME                     refuses the parameter NAME of the table of withouts, "name" of messages, or "strict"
//
// Source: the OpenAPI document of the OpenAI API, and for what vendors add to it the tests' cases.
package openaichat
