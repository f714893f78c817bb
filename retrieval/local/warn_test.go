package local_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local"
)

// lines counts what is logged.
type lines struct{ atomic.Int64 }

func (l *lines) Write(b []byte) (int, error) {
	l.Add(1)
	return len(b), nil
}

// A base that is refused for long is warned of when that begins, when the reason is
// another one, and every minute.
func TestWarningsDontRepeat(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log lines
		var refused atomic.Pointer[kb.Error]
		x, err := local.Open(t.Context(), local.Options{
			Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Version: func(context.Context, string) (string, error) {
				if err := refused.Load(); err != nil {
					return "", err
				}
				return "v1", nil
			},
		})
		require.NoError(t, err)
		require.NoError(t, x.Load(t.Context(), "help"))
		warned := func(wait time.Duration) int64 {
			time.Sleep(wait)
			synctest.Wait()
			return log.Swap(0)
		}
		require.Zero(t, warned(10*time.Second))
		refused.Store(kb.Errorf(kb.Unavailable, "It is elsewhere."))
		require.EqualValues(t, 1, warned(50*time.Second))
		require.EqualValues(t, 3, warned(3*time.Minute))
		refused.Store(kb.Errorf(kb.Unavailable, "It is lost."))
		require.EqualValues(t, 1, warned(10*time.Second))
		refused.Store(nil)
		require.Zero(t, warned(time.Hour))
		refused.Store(kb.Errorf(kb.Unavailable, "It is lost."))
		require.EqualValues(t, 1, warned(10*time.Second))
		require.NoError(t, x.Close())
	})
}
