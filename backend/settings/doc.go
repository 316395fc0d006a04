// Package settings reads the files that a person writes by hand, and notices when they change.
//
// A [File] is one YAML file, decoded strictly into a type that belongs to whoever uses it: this package knows no rule
// and no provider. It is read when opened and again after each change on disk, however the editor makes it (in place, or
// by renaming a new file over the old one). A change that cannot be read leaves the last good value in force, and
// [File.Fault] says what is wrong and at which line. A file that does not exist has the zero value. A [Folder] is the same for files of one
// kind, of which there may be any number; a [Schema] tells more exactly what is wrong with one.
//
// [Apply] changes a file in the place of the person, and nothing in it but what it was asked to.
package settings
