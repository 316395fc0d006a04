// Package openaiembeddings is the dialect of OpenAI's embeddings (POST /v1/embeddings): one request, one reply, never
// a stream.
package openaiembeddings
