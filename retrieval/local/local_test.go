package local_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/ingesttest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// versions is the part of the state that an index asks.
type versions map[string]string

func (v versions) version(_ context.Context, base string) (string, error) {
	if id, ok := v[base]; ok {
		return id, nil
	}
	return "", kb.Errorf(kb.NotFound, "There is no knowledge base %q.", base)
}

func open(t testing.TB, dir string, v versions) *local.Index {
	t.Helper()
	x, err := local.Open(t.Context(), local.Options{Dir: dir, Version: v.version, Poll: 20 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func fresh(t *testing.T, bases ...string) *local.Index {
	v := versions{}
	for _, base := range bases {
		v[base] = "v1"
	}
	return open(t, t.TempDir(), v)
}

func TestContracts(t *testing.T) {
	t.Run("ingest", func(t *testing.T) {
		ingesttest.Index(t, func(t *testing.T, bases ...string) ingesttest.Subject { return fresh(t, bases...) })
	})
	t.Run("retrieval", func(t *testing.T) {
		retrievaltest.Index(t, func(t *testing.T, bases ...string) retrievaltest.Subject { return fresh(t, bases...) })
	})
}
