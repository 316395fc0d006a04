// Package openaiplain has the dialects of OpenAI's calls that hold no conversation: embeddings, images, audio, moderations, files and batches; and
// of re-ranking, which is written alike. One request, one reply; images and audio can be asked for as streams.
//
// What a request says beside its model is nobody's matter here. Of a reply it matters whether it is what was asked for or an error in disguise,
// what it used, and which files and batches it names: those must be asked for at the account that has them.
//
// Requests with a file in them are forms: see package form. Replies that are sound or a file's content are no JSON, and are read by nobody.
package openaiplain
