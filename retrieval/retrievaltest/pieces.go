package retrievaltest

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// testPieces is for an index that keeps word pieces; another has none at all.
func testPieces(t *testing.T, new maker) {
	x := filled(t, new)
	q := hybrid(t, "invoice")
	if search(t, x, q).PieceIDF == nil {
		for _, c := range search(t, x, q).List {
			require.Nil(t, c.Pieces)
		}
		return
	}
	for _, audience := range []kb.Audience{kb.Public, kb.Agent} {
		q.Audience, q.Depth = audience, 100
		found := search(t, x, q)
		require.NotEmpty(t, found.List)
		require.True(t, Fill(t, x, base, found))
		for _, c := range found.List {
			require.Equal(t, pieces(c.Document, c.Chunk), c.Pieces)
		}
		require.Equal(t, weights(audience), found.PieceIDF)
	}
}

func pieces(doc kb.Document, c kb.Chunk) [][]uint16 {
	list := [][]uint16{text.Pieces(doc.Title)}
	for _, span := range text.Sentences(c.Text) {
		list = append(list, text.Pieces(c.Text[span.Start:span.End]))
	}
	return list
}

// weights are those of the help centre: an outdated document counts as well.
func weights(audience kb.Audience) []float32 {
	df, chunks := make([]float64, text.PieceCount), 1.0
	for _, e := range kbtest.HelpCentre(base) {
		for _, c := range e.Chunks {
			if !audience.May(e.Document.Audience) {
				continue
			}
			chunks++
			all := slices.Concat(pieces(e.Document, c)...)
			slices.Sort(all)
			for _, id := range slices.Compact(all) {
				df[id]++
			}
		}
	}
	list := make([]float32, len(df))
	for id, n := range df {
		list[id] = float32(math.Sqrt(math.Log(chunks/(n+.5)) / math.Log(chunks/.5)))
	}
	return list
}
