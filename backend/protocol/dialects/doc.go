// Package dialects is the list of all dialects: the one place that names the sub-packages of protocol.
package dialects
