// Package schema turns JSON Schema, which every agent declares its tools in, into the Schema of Google's Generative
// Language API, and back.
//
// That Schema is a small piece of OpenAPI 3.0 (google.ai.generativelanguage.v1beta.Schema), and an unknown keyword
// anywhere in it refuses the whole request. So [Lower] builds its result from a list of what may be there, and never takes
// away from what came: a property that happens to be called "title" or "default" is a name, and no keyword.
//
// [Flat] makes a JSON Schema fit for the vendors that take JSON Schema, but want an object at its root.
//
// What a model answers to a lowered schema is not quite what the tool wants, since enums are of strings there; [Restore]
// puts the numbers back. [Raise] reads a Schema as JSON Schema.
package schema
