//go:build !linux

package worker

// resident is not known here; the child watches its own memory.
func resident(int) (int64, bool) { return 0, false }

func harden() {}
