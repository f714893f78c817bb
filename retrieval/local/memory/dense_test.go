package memory

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
)

// cloud makes vectors of centres with noise around them.
type cloud struct {
	rnd     *rand.Rand
	centres []kb.Vector
	noise   float64 // length of what is added to a centre
}

func newCloud(seed uint64, dim, centres int, noise float64) *cloud {
	c := &cloud{rnd: rand.New(rand.NewPCG(seed, 7)), noise: noise}
	for range centres {
		c.centres = append(c.centres, c.around(make(kb.Vector, dim), 1))
	}
	return c
}

func (c *cloud) around(centre kb.Vector, noise float64) kb.Vector {
	v, sum := slices.Clone(centre), 0.0
	for i := range v {
		v[i] += float32(c.rnd.NormFloat64() * noise / math.Sqrt(float64(len(v))))
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func (c *cloud) vector() kb.Vector { return c.around(c.centres[c.rnd.IntN(len(c.centres))], c.noise) }

// scanned is what a list of the dense leg should be: ids by exact cosine.
func scanned(vectors []kb.Vector, query kb.Vector) []Hit {
	hits := make([]Hit, len(vectors))
	for i, v := range vectors {
		hits[i] = Hit{ID: name(i), Row: int64(i), Score: cosine(query, v)}
	}
	slices.SortFunc(hits, better)
	return hits
}

func name(i int) string { return fmt.Sprintf("%05d", i*7919%100_000) }

func built(t *testing.T, vectors []kb.Vector) *Scope {
	snap := (&Snapshot{}).Apply(Change{Docs: map[uint32]*kb.Document{0: {Audience: kb.Public}}})
	for from := 0; from < len(vectors); from += 1700 {
		b := NewBuilder(0, 0)
		for i := from; i < min(from+1700, len(vectors)); i++ {
			require.NoError(t, b.Add(Chunk{Row: int64(i), ID: name(i), Terms: stored{}.blob(), Vector: codes.Encode(vectors[i]), Model: "m"}))
		}
		snap = snap.Apply(Change{Segments: []*Segment{b.Build()}})
	}
	return snap.Scope(kb.Filter{}, kb.Public, time.Now())
}

func cosine(a, b kb.Vector) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// TestDenseIsExact compares what Dense returns with a plain scan of the vectors: its
// scores are theirs, and nothing is better than what it returns by more than codes err.
func TestDenseIsExact(t *testing.T) {
	t.Parallel()
	for what, from := range map[string]*cloud{
		"random":         newCloud(1, 256, 1, 1e3),
		"random, small":  newCloud(2, 33, 1, 1e3),
		"clusters":       newCloud(3, 256, 40, .5),
		"tight clusters": newCloud(4, 128, 60, .1),
		"one cone":       newCloud(5, 256, 1, .3),
		"duplicates":     newCloud(6, 64, 50, 0),
	} {
		vectors := make([]kb.Vector, 2500)
		for i := range vectors {
			vectors[i] = from.vector()
		}
		scope := built(t, vectors)
		for _, depth := range []int{1, 10, 50, 150} {
			for range 2 {
				query := from.vector()
				hits, with, err := scope.Dense(context.Background(), codes.NewQuery(query), "m", depth)
				require.NoError(t, err)
				require.Equal(t, len(vectors), with)
				require.Len(t, hits, depth)
				require.True(t, slices.IsSortedFunc(hits, better))
				for i, want := range scanned(vectors, query)[:depth] {
					require.InDelta(t, want.Score, hits[i].Score, 5e-5, "%s, %d", what, depth)
					require.InDelta(t, cosine(query, vectors[hits[i].Row]), hits[i].Score, 5e-5, "%s, %d", what, depth)
				}
			}
		}
	}
}

// Where more chunks than a list has room for differ by less than the codes can
// tell, it may have others, but none that is worse by more than that.
func TestDenseAmongNearCopies(t *testing.T) {
	from := newCloud(8, 256, 1, .01)
	vectors := make([]kb.Vector, 4000)
	for i := range vectors {
		vectors[i] = from.vector()
	}
	scope := built(t, vectors)
	for range 3 {
		query := from.around(from.centres[0], .5)
		want := scanned(vectors, query)
		hits, _, err := scope.Dense(context.Background(), codes.NewQuery(query), "m", 50)
		require.NoError(t, err)
		slices.SortFunc(hits, func(a, b Hit) int {
			return cmp.Compare(cosine(query, vectors[b.Row]), cosine(query, vectors[a.Row]))
		})
		for i, hit := range hits[:50] {
			require.InDelta(t, want[i].Score, cosine(query, vectors[hit.Row]), 1e-4)
		}
	}
}

func TestDenseKeepsToItsScope(t *testing.T) {
	from := newCloud(9, 32, 1, 1e3)
	b := NewBuilder(0, 0)
	var open, closed int
	for i := range 500 {
		c := Chunk{Row: int64(i), ID: name(i), Slot: uint32(i / 100 % 2), Terms: stored{}.blob(), Vector: codes.Encode(from.vector()), Model: "m"}
		switch {
		case i%3 == 0:
			c.Vector, c.Model = nil, ""
		case i%3 == 1 && i > 250:
			c.Model = "other"
		case c.Slot == 0:
			open++
		default:
			closed++
		}
		require.NoError(t, b.Add(c))
	}
	snap := (&Snapshot{}).Apply(Change{
		Docs:     map[uint32]*kb.Document{0: {Audience: kb.Public}, 1: {Audience: kb.Agent}},
		Segments: []*Segment{b.Build()},
	})
	scope := snap.Scope(kb.Filter{}, kb.Public, time.Now())
	hits, with, err := scope.Dense(context.Background(), codes.NewQuery(from.vector()), "m", 500)
	require.NoError(t, err)
	require.Equal(t, open, with)
	require.Len(t, hits, open)
	require.False(t, slices.ContainsFunc(hits, func(h Hit) bool { return scope.Held(h, nil, "").Document.Audience != kb.Public }))
	_, with, err = snap.Scope(kb.Filter{}, kb.Agent, time.Now()).Dense(context.Background(), codes.NewQuery(from.vector()), "m", 500)
	require.NoError(t, err)
	require.Equal(t, open+closed, with)
}
