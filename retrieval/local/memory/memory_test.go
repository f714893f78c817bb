package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// model is what the snapshot should hold, in the plainest form.
type model map[int64]stored

// pieces are the words again, in two sentences.
func (s stored) pieces() []byte {
	half := len(s.words) / 2
	var blob []byte
	for _, sentence := range [][]uint32{s.words[:half], s.words[half:]} {
		blob = append(blob, byte(len(sentence)))
		for _, w := range sentence {
			blob = append(blob, byte(w), 0)
		}
	}
	return blob
}

type stored struct {
	id     string
	slot   uint32
	words  []uint32
	vector kb.Vector
}

func (s stored) blob() []byte {
	f := terms.Fields{Body: terms.Field{Words: len(s.words)}}
	for i, w := range s.words {
		f.Body.Occurrences = append(f.Body.Occurrences, terms.Occurrence{Term: string(rune(w)), Pos: uint32(i)})
	}
	return terms.Encode(f, func(term string) uint32 { return uint32([]rune(term)[0]) })
}

func (s stored) tf(term uint32) float64 {
	n := 0.0
	for _, w := range s.words {
		if w == term {
			n++
		}
	}
	return n
}

// TestRandomHistory compares searches with a plain scan while chunks come and go
// and segments are merged.
func TestRandomHistory(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	docs := map[uint32]*kb.Document{}
	for slot := range uint32(5) {
		docs[slot] = &kb.Document{ID: fmt.Sprint(slot), Audience: kb.Public, Language: []string{"en", "de"}[slot%2]}
	}
	snap := (&Snapshot{}).Apply(Change{Docs: docs})
	want, row := model{}, int64(0)
	for step := range 150 {
		change := Change{Seq: int64(step)}
		b := NewBuilder(3, 10)
		for range rnd.IntN(40) {
			row++
			c := stored{id: fmt.Sprintf("c%05d", rnd.IntN(100_000)), slot: uint32(rnd.IntN(5)), vector: kb.Vector{rnd.Float32(), rnd.Float32(), 1}}
			for range 1 + rnd.IntN(8) {
				c.words = append(c.words, uint32(1+rnd.IntN(20)))
			}
			require.NoError(t, b.Add(Chunk{Row: row, ID: c.id, Slot: c.slot, Terms: c.blob(), Pieces: c.pieces(), Vector: codes.Encode(c.vector), Model: "m"}))
			want[row] = c
		}
		change.Segments = []*Segment{b.Build()}
		for r := range want {
			if rnd.IntN(6) == 0 {
				change.Dead = append(change.Dead, r)
			}
		}
		change.Dead = append(change.Dead, -1)
		next := snap.Apply(change)
		for _, r := range change.Dead {
			delete(want, r)
		}
		snap = next.Compact()
		require.LessOrEqual(t, len(snap.views), 12)
		for _, s := range []*Snapshot{next, snap} {
			compare(t, s, want, docs, rnd)
		}
		slot := uint32(rnd.IntN(len(docs))) // its audience changes, but no chunk
		doc := *docs[slot]
		doc.Audience = []kb.Audience{kb.Public, kb.Public, kb.Agent}[rnd.IntN(3)]
		docs[slot] = &doc
		snap = snap.Apply(Change{Seq: int64(step), Docs: map[uint32]*kb.Document{slot: &doc}})
		compare(t, snap, want, docs, rnd)
	}
}

func compare(t *testing.T, snap *Snapshot, all model, docs map[uint32]*kb.Document, rnd *rand.Rand) {
	audience := []kb.Audience{kb.Public, kb.Agent}[rnd.IntN(2)]
	stats, want := snap.Statistics(audience), model{}
	length, languages := 0, map[string]bool{}
	for row, c := range all {
		if audience.May(docs[c.slot].Audience) {
			want[row] = c
			length += len(c.words)
			languages[docs[c.slot].Language] = true
		}
	}
	require.Equal(t, len(want), stats.Chunks)
	require.ElementsMatch(t, slices.Collect(maps.Keys(languages)), stats.Languages)
	weights := snap.Statistics(audience).PieceIDF()
	for id := range uint32(22) {
		df := 0.0
		for _, c := range want {
			df += min(c.tf(id), 1)
		}
		n := float64(len(want) + 1)
		require.InDelta(t, math.Sqrt(math.Log(n/(df+.5))/math.Log(n/.5)), weights[id], 1e-6)
	}
	query := []kb.QueryTerm{{IDs: []uint32{uint32(1 + rnd.IntN(20))}}, {IDs: []uint32{uint32(1 + rnd.IntN(20)), uint32(1 + rnd.IntN(20))}}, {}}
	for i := range query {
		df := 0
		for _, id := range query[i].IDs {
			n := 0
			for _, c := range want {
				if c.tf(id) > 0 {
					n++
				}
			}
			require.Equal(t, n, stats.DF(id))
			df = max(df, n)
		}
		query[i].IDF = terms.IDF(len(want), df)
	}
	vector := kb.Vector{rnd.Float32(), rnd.Float32(), 1}
	var lexical, dense []Hit
	for r, c := range want {
		score := 0.0
		for _, term := range query {
			tf := 0.0
			for _, id := range term.IDs {
				tf = max(tf, c.tf(id))
			}
			if tf > 0 {
				score += term.IDF * tf * (terms.K1 + 1) / (tf + terms.K1*(1-terms.B) + terms.K1*terms.B/max(float64(length)/float64(len(want)), 1)*float64(len(c.words)))
			}
		}
		if score > 0 {
			lexical = append(lexical, Hit{Row: r, ID: c.id, Score: score})
		}
		dense = append(dense, Hit{Row: r, ID: c.id, Score: cosine(c.vector, vector)})
	}
	scope := snap.Scope(kb.Filter{}, audience, time.Now())
	require.Equal(t, len(dense), scope.Chunks)
	got, err := scope.Lexical(context.Background(), terms.Asked{Terms: query}, 10)
	require.NoError(t, err)
	same(t, lexical, got)
	got, with, err := scope.Dense(context.Background(), codes.NewQuery(vector), "m", 10)
	require.NoError(t, err)
	require.Equal(t, len(dense), with)
	same(t, dense, got[:min(len(got), 10)])
}

func same(t *testing.T, want, got []Hit) {
	slices.SortFunc(want, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID)) })
	require.Len(t, got, min(len(want), 10))
	for i := range got {
		require.InDelta(t, want[i].Score, got[i].Score, 1e-4)
	}
	require.True(t, slices.IsSortedFunc(got, better))
}

func TestApplyLeavesTheOldSnapshot(t *testing.T) {
	b := NewBuilder(2, 0)
	for row := range int64(2) {
		require.NoError(t, b.Add(Chunk{Row: row, ID: fmt.Sprint(row), Terms: stored{words: []uint32{1}}.blob()}))
	}
	docs := map[uint32]*kb.Document{0: {Language: "fr"}}
	one := (&Snapshot{}).Apply(Change{Segments: []*Segment{b.Build()}, Docs: docs})
	two := one.Apply(Change{Dead: []int64{0}})
	three := two.Apply(Change{Dead: []int64{1}})
	for i, snap := range []*Snapshot{one, two, three} {
		stats := snap.Statistics(kb.Agent)
		require.Equal(t, 2-i, stats.Chunks)
		require.Equal(t, 2-i, stats.DF(1))
		require.Equal(t, [][]string{{"fr"}, {"fr"}, nil}[i], stats.Languages)
	}
}

func TestSegmentsStayFew(t *testing.T) {
	t.Parallel()
	snap := (&Snapshot{}).Apply(Change{Docs: map[uint32]*kb.Document{0: {}}})
	blob := stored{words: []uint32{1, 2, 3}}.blob()
	row := int64(0)
	for range 180 { // more in all than a segment may have
		b := NewBuilder(400, 0)
		for range 400 {
			row++
			require.NoError(t, b.Add(Chunk{Row: row, ID: fmt.Sprint(row), Terms: blob}))
		}
		snap = snap.Apply(Change{Segments: []*Segment{b.Build()}}).Compact()
		for _, v := range snap.views {
			require.LessOrEqual(t, v.Len(), MaxSegment)
		}
	}
	require.Equal(t, 72_000, snap.Statistics(kb.Agent).Chunks)
	require.LessOrEqual(t, len(snap.views), 20)
}

func TestDamagedBlob(t *testing.T) {
	for _, blob := range [][]byte{nil, {1}, {1, 200}, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}} {
		require.ErrorIs(t, NewBuilder(1, 1).Add(Chunk{Terms: blob}), terms.ErrBlob)
	}
	for _, blob := range [][]byte{{1}, {1, 0}, {2, 0, 0, 0}, {1, 255, 255}, {200}} {
		require.ErrorIs(t, NewBuilder(1, 1).Add(Chunk{Terms: stored{}.blob(), Pieces: blob}), terms.ErrBlob)
	}
}

func TestScopesOfManyFilters(t *testing.T) {
	const products = 3 * maxCuts
	docs, b := map[uint32]*kb.Document{}, NewBuilder(0, 0)
	for i := range products {
		docs[uint32(i)] = &kb.Document{Audience: []kb.Audience{kb.Public, kb.Agent}[i%2], Product: fmt.Sprint(i), Tags: []string{"even", "odd"}[i%2 : i%2+1]}
		require.NoError(t, b.Add(Chunk{Row: int64(i), ID: fmt.Sprint(i), Slot: uint32(i), Terms: stored{}.blob()}))
	}
	docs[0].ValidUntil = time.Unix(1000, 0)
	snap := (&Snapshot{}).Apply(Change{Docs: docs, Segments: []*Segment{b.Build()}})
	for range 2 {
		for i := range products {
			f := kb.Filter{Product: []string{fmt.Sprint(i), "none"}}
			require.Equal(t, 1, snap.Scope(f, kb.Agent, time.Unix(999, 0)).Chunks)
			require.Equal(t, 1-i%2, snap.Scope(f, kb.Public, time.Unix(999, 0)).Chunks)
			require.Equal(t, min(i, 1), snap.Scope(f, kb.Agent, time.Unix(1000, 0)).Chunks)
		}
		require.Equal(t, products/2, snap.Scope(kb.Filter{Tags: []string{"odd"}}, kb.Agent, time.Unix(999, 0)).Chunks)
		require.LessOrEqual(t, len(snap.cuts.have), maxCuts)
	}
}
