//go:build race

package sdk

// buildFlags builds the product as the tests are built: what races under real clients shows.
var buildFlags = []string{"-race"}
