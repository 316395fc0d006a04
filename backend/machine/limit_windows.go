package machine

// fileLimit is none: Windows limits handles by memory alone.
func fileLimit() (uint64, bool) { return 0, false }
