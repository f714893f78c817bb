package uploads

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
)

// counted is a turn by a clock that goes on by a step each time it is looked at, with
// how often its lock was taken and whether it is held.
func counted(step time.Duration) (t *turn, taken *atomic.Int32, held *atomic.Bool) {
	var clock atomic.Int64
	taken, held = new(atomic.Int32), new(atomic.Bool)
	lock := func(context.Context) (func() error, error) {
		taken.Add(1)
		held.Store(true)
		return func() error { held.Store(false); return nil }, nil
	}
	return newTurn(lock, func() time.Time { return time.Unix(0, clock.Add(int64(step))) }), taken, held
}

// first takes a turn and keeps it until n others wait, who do nothing in theirs.
func first(ctx context.Context, t *turn, n int32, then func()) error {
	var all errgroup.Group
	all.Go(func() error {
		return t.take(context.Background(), func() error {
			for range n {
				all.Go(func() error { return t.take(ctx, func() error { return nil }) })
			}
			for t.waiting.Load() < n {
				time.Sleep(time.Millisecond)
			}
			then()
			return nil
		})
	})
	return all.Wait()
}

// Who waits takes over the lock, but not for ever.
func TestTurnsShareALock(t *testing.T) {
	for step, want := range map[time.Duration]int32{0: 1, holding: 6} {
		turn, taken, held := counted(step)
		require.NoError(t, first(t.Context(), turn, 5, func() {}))
		require.Equal(t, want, taken.Load())
		require.False(t, held.Load())
	}
}

// A lock that was kept for somebody who left by then is given back.
func TestNobodyKeepsTheLock(t *testing.T) {
	for range 200 {
		turn, _, held := counted(0)
		leaving, leave := context.WithCancel(t.Context())
		err := first(leaving, turn, 3, func() { go leave() })
		leave()
		require.Contains(t, []kb.Code{"", kb.Unavailable}, kb.CodeOf(err))
		require.False(t, held.Load())
		require.Zero(t, turn.waiting.Load())
	}
}
