// Package sdk holds the tests in which the vendors' official SDKs are the clients of the real metapi: `metapi serve` as a process
// with a data folder of its own, accounts and local keys made by the real commands, and imitations of the vendors upstream, two
// accounts to a vendor.
//
// OpenAI's SDK for Go is tested here, by go test. The SDKs for Node (openai, @anthropic-ai/sdk, @google/genai, ai) are tested by the
// script build/sdk/test, from main.mjs on; it also puts a model that really computes behind Metapi. Both ask the same of each
// API: plain calls, streams however they are cut, tools, reasoning, cancelling, failing over without a trace, errors as the SDK's own,
// and state that belongs to one account. At the end the ledger must hold what the clients were told, no more and no less, and
// no secret may be found in the data folder or in anything that was printed.
//
// laneb.mjs is the matrix: these APIs, and Vercel's AI SDK over each of its providers, in front of every upstream protocol, with a vendor for
// each pair who serves that protocol alone. Its rows are in scenarios.mjs; what the vendor was told is read back by heard.mjs. The table is
// printed at the end, with a reason for each cell that is not tested.
//
// A deployment that fails cools, so each way to fail has a model of its own ("probe-..."): no test meets what another left.
package sdk
