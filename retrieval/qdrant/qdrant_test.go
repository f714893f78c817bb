package qdrant_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/ingesttest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// options are those of an empty index on the server, with knowledge bases of a
// version v1.
func options(t *testing.T, address string, bases ...string) qdrant.Options {
	return qdrant.Options{
		Dir: t.TempDir(), Prefix: "test-" + uuid.NewString()[:8], Points: points.Options{Address: address},
		Version: func(_ context.Context, base string) (string, error) {
			if !slices.Contains(bases, base) {
				return "", kb.Errorf(kb.NotFound, "no knowledge base %s", base)
			}
			return "v1", nil
		},
	}
}

func open(t *testing.T, opt qdrant.Options) *qdrant.Index {
	t.Helper()
	x, err := qdrant.Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

// empty is an index whose collections go with the test.
func empty(t *testing.T, address string, bases ...string) *qdrant.Index {
	opt := options(t, address, bases...)
	x := open(t, opt)
	t.Cleanup(func() { require.NoError(t, x.Keep(context.WithoutCancel(t.Context()), living())) })
	return x
}

func TestContracts(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { contracts(t, pointstest.Start(t).Address()) })
	t.Run("Qdrant", func(t *testing.T) { contracts(t, servertest.Address(t)) })
}

func contracts(t *testing.T, address string) {
	t.Run("ingest", func(t *testing.T) {
		ingesttest.Index(t, func(t *testing.T, bases ...string) ingesttest.Subject { return empty(t, address, bases...) })
	})
	t.Run("walk", func(t *testing.T) {
		ingesttest.Walk(t, func(t *testing.T, bases ...string) ingesttest.Walkable { return empty(t, address, bases...) })
	})
	t.Run("retrieval", func(t *testing.T) {
		retrievaltest.Index(t, func(t *testing.T, bases ...string) retrievaltest.Subject { return empty(t, address, bases...) })
	})
}
