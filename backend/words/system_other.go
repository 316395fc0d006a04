//go:build !windows && !darwin

package words

func preferred() []string { return locale() }
