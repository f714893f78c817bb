package access

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiterForgetsWhoIsQuiet(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	l := NewLimiter(1, 2, func() time.Time { return now })
	for i := range 1000 {
		require.Zero(t, l.Wait(fmt.Sprint("address ", i)))
	}
	require.Len(t, l.seen, 1000)
	now = now.Add(time.Minute)
	require.Zero(t, l.Wait("one"))
	require.Len(t, l.seen, 1)
	require.Zero(t, l.Wait("one"))
	require.Equal(t, time.Second, l.Wait("one"))
	require.Equal(t, time.Second, l.Wait("one"), "a refused request costs nothing")
}
