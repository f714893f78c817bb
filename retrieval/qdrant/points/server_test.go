package points

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// The same holds for the Qdrant in memory and for a real one: so what other tests
// find on the first counts for the second.
func TestServer(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { testServer(t, pointstest.Start(t).Address()) })
	t.Run("Qdrant", func(t *testing.T) { testServer(t, servertest.Address(t)) })
}

// testServer gives each test a collection that is not there yet, and will not be
// afterwards.
func testServer(t *testing.T, address string) {
	for name, test := range map[string]func(*testing.T, *Client, string){
		"collections": testCollections, "points": testKeepsPoints, "filters and scores": testFiltersAndScores, "refusals": testRefusals,
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, Options{Address: address, BatchPoints: 50})
			collection := "points_test_" + uuid.NewString()
			t.Cleanup(func() { require.NoError(t, c.Drop(context.WithoutCancel(t.Context()), collection)) })
			test(t, c, collection)
		})
	}
}

func testCollections(t *testing.T, c *Client, name string) {
	ctx := t.Context()
	s, err := c.Check(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, s.Version)
	_, err = c.Info(ctx, name)
	require.Equal(t, kb.NotFound, kb.CodeOf(err), "%v", err)
	require.Equal(t, kb.NotFound, kb.CodeOf(c.Upsert(ctx, name, some(1))))
	_, err = c.Query(ctx, Request{Collection: name, Dense: kb.Vector{1, 0, 0}, Limit: 1})
	require.Equal(t, kb.NotFound, kb.CodeOf(err), "%v", err)
	require.Equal(t, kb.NotFound, kb.CodeOf(c.Switch(ctx, name+"_now", name)))
	require.NoError(t, c.Drop(ctx, name))

	full := Spec{Model: "m", Size: 3, Quantized: true, Meta: map[string]string{"version": "v1"}}
	other := name + "_plain"
	t.Cleanup(func() { require.NoError(t, c.Drop(context.WithoutCancel(ctx), other)) })
	for range 2 {
		require.NoError(t, c.Create(ctx, name, full))
		require.NoError(t, c.Create(ctx, other, Spec{}))
	}
	require.Equal(t, kb.Conflict, kb.CodeOf(c.Create(ctx, name, spec)))
	for at, want := range map[string]Spec{name: full, other: {}} {
		info, err := c.Info(ctx, at)
		require.NoError(t, err)
		require.Equal(t, Info{Spec: want, Ready: true}, info)
	}
	names, err := c.Collections(ctx, name)
	require.NoError(t, err)
	require.Equal(t, []string{name, other}, names)

	now := name + "_now"
	for _, to := range []string{name, other, name} {
		require.NoError(t, c.Switch(ctx, now, to))
		aliases, err := c.Aliases(ctx)
		require.NoError(t, err)
		require.Equal(t, to, aliases[now])
	}
	require.NoError(t, c.Upsert(ctx, now, some(2)), "by an alias too")
	n, err := c.Count(ctx, name, nil)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, kb.Conflict, kb.CodeOf(c.Drop(ctx, now)))
	for range 2 {
		require.NoError(t, c.Unalias(ctx, now))
	}
}

// draw makes points with few values in each field, so that filters meet many, and
// with text of all kinds.
func draw(m maker, n int) []Point {
	list := make([]Point, n)
	pick := func(of ...string) string { return of[m.IntN(len(of))] }
	for i := range list {
		p := m.point()
		p.ID = id(i + 1)
		d := &p.Document
		d.ID, d.Audience, d.Product, d.Version = pick("d1", "d2", "d3"), kb.Audience(pick("public", "agent")), pick("", "a", "b"), pick("1", "2")
		d.Language, d.Tags = pick("", "de", "EN"), []string{pick("x", "y"), pick("", "z")}
		d.ValidFrom, d.ValidUntil = m.day(), m.day()
		p.Revision, p.Chunk.Document, p.Chunk.Vector, p.Chunk.Model = pick("r1", "r2"), d.ID, nil, ""
		if m.IntN(4) > 0 {
			p.Chunk.Vector, p.Chunk.Model = kb.Vector{m.Float32() + .1, m.Float32(), -m.Float32()}, "m"
			var sum float64
			for _, x := range p.Chunk.Vector {
				sum += float64(x) * float64(x)
			}
			for k := range p.Chunk.Vector {
				p.Chunk.Vector[k] /= float32(math.Sqrt(sum))
			}
		}
		p.Sparse = Sparse{}
		for term := range uint32(6) {
			if m.IntN(3) == 0 {
				p.Sparse.Indices = append(p.Sparse.Indices, term)
				p.Sparse.Values = append(p.Sparse.Values, m.Float32()+.1)
			}
		}
		list[i] = p
	}
	return list
}

// day is one of three days, or none.
func (m maker) day() time.Time {
	if d := m.IntN(4); d > 0 {
		return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// filter draws one that often lets some points through.
func (m maker) filter() Filter {
	list := func(of ...string) (out []string) {
		if m.IntN(3) > 0 {
			return nil
		}
		for range 1 + m.IntN(2) {
			out = append(out, of[m.IntN(len(of))])
		}
		return out
	}
	at := time.Date(2026, 1, 1+m.IntN(4), 0, 0, 0, 0, time.UTC).Add(time.Duration(m.IntN(3)-1) * time.Microsecond)
	f := Filter{Audience: kb.Audience([]string{"", "public", "agent"}[m.IntN(3)]), AsOf: at, Bare: m.IntN(4) == 0}
	f.Document, f.Product, f.Version = list("d1", "d2", "nobody"), list("", "a", "b"), list("1", "2")
	f.Tags, f.Language = list("x", "z", ""), list("DE", "en", "")
	return f
}

// lets is what Filter promises.
func (f *Filter) lets(p *Point) bool {
	d := &p.Document
	some := func(want []string, have ...string) bool {
		return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	var lower []string
	for _, l := range f.Language {
		lower = append(lower, strings.ToLower(l))
	}
	return f.Audience.May(d.Audience) && d.ValidAt(f.AsOf) && (!f.Bare || p.Chunk.Vector == nil) &&
		some(f.Document, d.ID) && some(f.Product, d.Product) && some(f.Version, d.Version) && some(f.Tags, d.Tags...) && some(lower, strings.ToLower(d.Language))
}

// same compares points; Qdrant may store vectors with other last digits.
func same(t *testing.T, want, got []Point) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.InDeltaSlice(t, want[i].Chunk.Vector, got[i].Chunk.Vector, 1e-6)
		w, g := want[i], got[i]
		w.Chunk.Vector, g.Chunk.Vector = nil, nil
		require.Equal(t, w, g)
	}
}

func testKeepsPoints(t *testing.T, c *Client, name string) {
	ctx := t.Context()
	require.NoError(t, c.Create(ctx, name, spec))
	list := draw(maker{rand.New(rand.NewPCG(3, 4))}, 700)
	for range 2 {
		require.NoError(t, c.Upsert(ctx, name, list))
	}
	info, err := c.Info(ctx, name)
	require.NoError(t, err)
	require.Equal(t, len(list), info.Points)
	got, err := c.Points(ctx, Get{Collection: name, IDs: []string{list[9].ID, id(99999), list[3].ID}, Vectors: true})
	require.NoError(t, err)
	same(t, []Point{list[9].back(), list[3].back()}, got)
	scroll := func(w Walk) (all []Point) {
		require.NoError(t, c.Scroll(ctx, name, w, func(p []Point) error { all = append(all, p...); return nil }))
		return all
	}
	var whole, bare []Point
	for _, p := range list {
		whole, bare = append(whole, p.back()), append(bare, p.brief())
	}
	same(t, whole, scroll(Walk{Whole: true, Vectors: true}))
	same(t, bare, scroll(Walk{}))

	selects := Select{IDs: []string{list[0].ID}, Documents: []string{"d2"}, Stale: map[string]string{"d1": "r2"}}
	var in, out []Point
	for _, p := range bare {
		if p.ID == list[0].ID || p.Document.ID == "d2" || p.Document.ID == "d1" && p.Revision != "r2" {
			in = append(in, p)
		} else {
			out = append(out, p)
		}
	}
	same(t, in, scroll(Walk{Select: &selects}))
	require.NoError(t, c.Delete(ctx, name, selects))
	same(t, out, scroll(Walk{}))
	require.NoError(t, c.Delete(ctx, name, selects))
	same(t, out, scroll(Walk{}))

	// An upsert replaces the whole point.
	p := list[slices.IndexFunc(list, func(p Point) bool { return p.ID == out[0].ID })]
	p.Chunk.Vector, p.Chunk.Text = nil, "new"
	require.NoError(t, c.Upsert(ctx, name, []Point{p}))
	got, err = c.Points(ctx, Get{Collection: name, IDs: []string{p.ID}, Vectors: true})
	require.NoError(t, err)
	same(t, []Point{p.back()}, got)
}

func testFiltersAndScores(t *testing.T, c *Client, name string) {
	ctx := t.Context()
	require.NoError(t, c.Create(ctx, name, spec))
	m := maker{rand.New(rand.NewPCG(5, 6))}
	list := draw(m, 400)
	require.NoError(t, c.Upsert(ctx, name, list))
	met := 0
	for range 300 {
		r := Request{
			Collection: name, Limit: len(list), Filter: m.filter(), Exact: true,
			Dense: kb.Vector{m.Float32() - .5, m.Float32(), 1}, Sparse: Sparse{[]uint32{4, 1, 77}, []float32{m.Float32() + .1, 2, 3}},
		}
		lexical, dense := map[string]float64{}, map[string]float64{}
		var length float64
		for _, x := range r.Dense {
			length += float64(x) * float64(x)
		}
		want := 0
		for i := range list {
			p := &list[i]
			if !r.Filter.lets(p) {
				continue
			}
			want++
			for k, index := range p.Sparse.Indices {
				if at := slices.Index(r.Sparse.Indices, index); at >= 0 {
					lexical[p.ID] += float64(p.Sparse.Values[k]) * float64(r.Sparse.Values[at])
				}
			}
			if p.Chunk.Vector != nil {
				for k, x := range p.Chunk.Vector {
					dense[p.ID] += float64(x) * float64(r.Dense[k]) / math.Sqrt(length)
				}
			}
		}
		n, err := c.Count(ctx, name, &r.Filter)
		require.NoError(t, err)
		require.Equal(t, want, n, "%+v", r.Filter)
		found, err := c.Query(ctx, r)
		require.NoError(t, err)
		for _, leg := range []struct {
			want map[string]float64
			got  []Hit
		}{{lexical, found.Lexical}, {dense, found.Dense}} {
			require.Len(t, leg.got, len(leg.want))
			for i, hit := range leg.got {
				require.InDelta(t, leg.want[hit.ID], hit.Score, 1e-5)
				require.True(t, i == 0 || leg.got[i-1].Score >= hit.Score)
				met++
			}
		}
	}
	require.Greater(t, met, 1000, "the filters let something through")

	found, err := c.Query(ctx, Request{Collection: name, Limit: 3, Sparse: Sparse{[]uint32{1}, []float32{1}}, Dense: kb.Vector{0, 0, 1}, Filter: Filter{Audience: kb.Agent}})
	require.NoError(t, err)
	require.Len(t, found.Lexical, 3)
	require.Len(t, found.Dense, 3)
	require.Nil(t, found.Dense[0].Point)
	brief, err := c.Query(ctx, Request{Collection: name, Limit: 1, Sparse: Sparse{[]uint32{1}, []float32{1}}, Filter: Filter{Audience: kb.Agent}, Brief: true})
	require.NoError(t, err)
	require.Equal(t, found.Lexical[0].ID, brief.Lexical[0].ID)
	at := slices.IndexFunc(list, func(p Point) bool { return p.ID == brief.Lexical[0].ID })
	require.Equal(t, list[at].brief(), *brief.Lexical[0].Point)
	found, err = c.Query(ctx, Request{Collection: name, Limit: 3, Sparse: Sparse{[]uint32{99}, []float32{1}}})
	require.NoError(t, err)
	require.Empty(t, found.Lexical)
}

// What the checks of a Client keep from being sent is refused in words that the
// table of errors knows.
func testRefusals(t *testing.T, c *Client, name string) {
	ctx := t.Context()
	require.NoError(t, c.Create(ctx, name, spec))
	long := some(2)
	long[1].Chunk.Vector = kb.Vector{1, 0, 0, 0}
	err := c.write(ctx, name, func(ctx context.Context) error {
		return applied(c.points.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: name, Wait: new(true), Points: []*qdrant.PointStruct{encode(&long[0]), encode(&long[1])}}))
	})
	require.Equal(t, kb.Invalid, kb.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "another size")
	n, err := c.Count(ctx, name, nil)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = c.Query(ctx, Request{Collection: name, Dense: kb.Vector{1, 0}, Limit: 1})
	require.ErrorContains(t, err, "another size")

	other := name + "_plain"
	t.Cleanup(func() { require.NoError(t, c.Drop(context.WithoutCancel(ctx), other)) })
	require.NoError(t, c.Create(ctx, other, Spec{}))
	_, err = c.Query(ctx, Request{Collection: other, Dense: kb.Vector{1, 0, 0}, Limit: 1})
	require.Equal(t, kb.Invalid, kb.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "no such vectors")
}
