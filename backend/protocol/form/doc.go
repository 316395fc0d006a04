// Package form finds the fields of a form (multipart/form-data, RFC 7578) without taking it apart: requests with a file in them come so, and pass on
// as they are, but for the model's name.
//
// What is judged here must be what the upstream's parser reads, and those differ in what they forgive: bare line feeds, blanks behind a boundary, text
// before the first, folded headers, escaped names. So the one form passes that every parser reads alike, which is the one that all clients
// write: lines end in CR LF, and the boundary stands nowhere but between parts. The fields that are judged must be there once, spelled
// exactly so, as plain text.
package form
