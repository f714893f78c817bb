package kbtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/ingesttest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

func TestIndex(t *testing.T) {
	ingesttest.Index(t, func(_ *testing.T, bases ...string) ingesttest.Subject { return kbtest.NewIndex(bases...) })
	retrievaltest.Index(t, func(_ *testing.T, bases ...string) retrievaltest.Subject { return kbtest.NewIndex(bases...) })
}

func TestEntriesTile(t *testing.T) {
	for _, e := range kbtest.HelpCentre("help") {
		text := ""
		for i, c := range e.Chunks {
			require.Equal(t, i, c.Ordinal)
			require.Equal(t, len(text), c.Span.Start)
			text += c.Text
		}
		require.Equal(t, e.Document.Text, text)
	}
}

func TestEmbedder(t *testing.T) {
	vectors, err := kbtest.Embedder{}.Embed(t.Context(), kb.EmbedQuery, []string{"a refund", "Refund, a!", "invoice", ""})
	require.NoError(t, err)
	require.Equal(t, vectors[0], vectors[1])
	require.NotEqual(t, vectors[0], vectors[2])
	for _, v := range vectors {
		sum := float32(0)
		for _, x := range v {
			sum += x * x
		}
		require.InDelta(t, 1, sum, 1e-5)
	}
}
