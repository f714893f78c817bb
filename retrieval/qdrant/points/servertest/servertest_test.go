package servertest_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// A server that is killed is away, and when it is back it has what it had.
func TestKillAndStart(t *testing.T) {
	server := servertest.Start(t)
	ctx := t.Context()
	open := func() *points.Client {
		c, err := points.Open(points.Options{Address: server.Address()})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
	c := open()
	require.NoError(t, c.Create(ctx, "one", points.Spec{}))
	server.Kill()
	_, err := c.Check(ctx)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "%v", err)
	server.Start()
	list, err := open().Collections(ctx, "o")
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, list)
}

// recorder is a test that is skipped or fails.
type recorder struct {
	testing.TB
	skipped, failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) FailNow()              { runtime.Goexit() }
func (r *recorder) Skip(...any)           { r.skipped = true; runtime.Goexit() }

func TestWithoutAServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("ASKDESK_TEST_QDRANT", "there:6334")
	require.Equal(t, "there:6334", servertest.Address(t))
	for value, skipped := range map[string]bool{"": true, "required": false} {
		t.Setenv("ASKDESK_TEST_QDRANT", value)
		tb := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			servertest.Address(tb)
		}()
		<-done
		require.Equal(t, skipped, tb.skipped, value)
		require.Equal(t, !skipped, tb.failed, value)
	}
}
