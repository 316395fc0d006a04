// Package provider knows the kinds of upstream that Metapi can call.
package provider
