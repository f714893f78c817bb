package kbtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Linear fails if work on something of size n takes time in proportion to the
// square of n. What is over in an instant passes; else n is compared with a
// quarter of it, so that neither a slow machine nor the race detector matters,
// and again if something else may have been in the way.
func Linear(t *testing.T, n int, work func(n int)) {
	t.Helper()
	const (
		instant = 250 * time.Millisecond
		tries   = 5
		most    = 6 // 4 is linear, 16 is square
	)
	took := func(n int) time.Duration {
		start := time.Now()
		work(n)
		return time.Since(start)
	}
	var times []time.Duration
	for range tries {
		whole := took(n)
		if whole < instant {
			return
		}
		quarter := took(n / 4)
		if whole <= most*quarter {
			return
		}
		times = append(times, quarter, whole)
	}
	require.Fail(t, "time grows faster than the input", "a quarter of %d and the whole took, again and again, %v", n, times)
}
