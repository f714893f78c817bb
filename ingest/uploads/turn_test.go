package uploads_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/ingest/uploads"
	"github.com/askdesk/askdesk/kb"
)

// counted has a desk count how often it takes the write lock, by a clock that goes on
// by a step each time it is looked at.
func counted(d *desk, step time.Duration) *atomic.Int32 {
	d.t.Helper()
	require.NoError(d.t, d.Close(d.t.Context()))
	var locks atomic.Int32
	var clock atomic.Int64
	d.change = func(o *uploads.Options) {
		lock := o.Lock
		o.Lock = func(ctx context.Context) (func() error, error) {
			unlock, err := lock(ctx)
			if err == nil {
				locks.Add(1)
			}
			return unlock, err
		}
		o.Now = func() time.Time { return time.Unix(0, clock.Add(int64(step))) }
		o.Patience = time.Minute
	}
	d.open(nil)
	return &locks
}

// What has gathered while another process wrote is written under one lock, or that
// process would get it again after each change; but not for ever.
func TestWhatWaitsSharesALock(t *testing.T) {
	for _, tc := range []struct {
		step     time.Duration
		min, max int32
	}{{0, 1, 5}, {time.Second, 6, 12}} {
		d := newDesk(t)
		locks := counted(d, tc.step)
		unlock, err := d.store.Lock(t.Context(), "reindex", nil)
		require.NoError(t, err)
		var ids []string
		for n := range 20 {
			ids = append(ids, d.submit(fmt.Sprintf("%d.md", n), "Text of it.").ID)
		}
		var gone errgroup.Group
		for _, id := range ids[15:] {
			gone.Go(func() error { return d.Remove(context.WithoutCancel(t.Context()), "default", id) })
		}
		time.Sleep(50 * time.Millisecond) // until they wait
		require.NoError(t, unlock())
		for _, id := range ids[:15] {
			d.until(id, kb.Ready)
		}
		require.NoError(t, gone.Wait())
		require.NoError(t, d.Close(t.Context()))
		require.GreaterOrEqual(t, locks.Load(), tc.min)
		require.LessOrEqual(t, locks.Load(), tc.max)
	}
}

// A lock that was kept for somebody who has left by then is given back.
func TestNobodyKeepsTheLock(t *testing.T) {
	d := newDesk(t)
	counted(d, 0)
	for n := range 50 {
		id := d.submit("a.md", "Text of it.").ID
		ctx, leave := context.WithTimeout(t.Context(), time.Duration(n%10)*200*time.Microsecond)
		err := d.Remove(ctx, "default", id)
		leave()
		require.Contains(t, []kb.Code{"", kb.Unavailable, kb.Internal}, kb.CodeOf(err))
	}
	require.Eventually(t, func() bool {
		brief, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		unlock, err := d.store.Lock(brief, "ingest", nil)
		return err == nil && unlock() == nil
	}, 10*time.Second, time.Millisecond)
}
