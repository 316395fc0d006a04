// Package tokens estimates how many tokens a prompt takes, without a tokenizer: where a vendor cannot be asked, or told nothing.
//
//	p := tokens.Read(body)                    // one pass over a request of any protocol, nothing decoded, nothing allocated
//	n := p.Tokens(tokens.ModelOf("gpt-4o"))   // priced for a model, or for several
//	n = corrections.Tokens(&p, model)         // likewise, by what the vendor told of earlier prompts
//
// That takes 1.7 us a KB of text, and 2.2 to 2.9 with the JSON around it. A real tokenizer takes a hundred times as long and brings megabytes of
// vocabulary for each family, and few vendors publish the one that they bill by. What tokenizers have in common is how they split text before
// they look anything up: words with the blank before them, digits by threes, runs of punctuation, other scripts by the letter. So a small
// automaton walks over the bytes and counts the states that it enters (text.go), and each family has a weight for each state (weights.go).
// Vendors' rules for what is around the text are in models.go, for images and documents in media.go.
//
// # Where the figures are from
//
// The weights were fitted by least squares, reweighted towards the least absolute relative error, none below zero, to what seven real tokenizers
// make of 529 texts of 300 to 6,000 bytes: Go, Python, TypeScript, C, CSS, shell and JSON of open source, README files, licences and release
// notes, TypeScript's messages in 13 languages, the Universal Declaration of Human Rights in 26, and made-up logs, numbers, hexadecimal, base64
// and emoji. On 540 others (of other files, or of the other half of the messages and of the Declaration) the median error was 3.9 to 5.3 %, by
// tokenizer, and the 95th percentile 18 to 27 %. What errs most is languages in Latin letters other than English, for which bytes have no sign
// (Indonesian and Dutch: a fifth to a half too few), and base64 (a fifth too few).
//
// testdata/counts.jsonl has 70 short texts that no weight was fitted to, most of them of that kind, with the true counts; a test holds the
// estimates to what was measured there: median 3.8 to 5.7 %, over code, JSON and English 3.3 to 5.4 %. No test can ask a vendor: Claude's
// tokenizer since Claude 3 is not published, and its weights are those of the one before it, which is why there are corrections. Whole prompts
// for which the vendors' documentation gives a count are a test, too: 14 where it says 14, 405 for 403, 99 for 101, 11 for 11.
//
// # Corrections
//
// [Corrections] follow, for each family and each kind of text (words, names, signs, numbers, Chinese and so on), what vendors told in terms of what
// was estimated: one figure for all of a family would be moved to and fro by prompts of code and of prose. They are bounded, drawn to no correction
// while there is little to go by, and one figure moves them only a little. Prompts with media, and those that lean on what only the vendor has,
// should not be learned from.
//
// testdata/calls.jsonl has 87 texts of our own as prompts are made of: English, Chinese, code, JSON, and all in one, 300 to 2,500 bytes, with what six
// tokenizers make of them (build/tokens/sample.mjs made it). Estimated first and then learned from, in 50 orders, the median error from the 21st call on
// is 1.9 to 2.9 %, of Claude's 4.5 %, and nine of ten are within 6.5 to 9.4 %. A test holds the median to 5 %.
package tokens
