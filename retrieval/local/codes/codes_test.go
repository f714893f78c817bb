package codes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func FuzzDots(f *testing.F) {
	f.Add([]byte{0}, uint8(1), uint8(1))
	f.Add([]byte{127, 128, 255, 0, 1}, uint8(7), uint8(64))
	f.Add([]byte{128}, uint8(8), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, lanes, n uint8) {
		if len(data) == 0 {
			return
		}
		at := 0
		next := func() byte {
			at++
			return data[at%len(data)] + byte(at/len(data))
		}
		query := make([]int16, int(lanes%12)*lane)
		for i := range query {
			query[i] = int16(uint16(next())<<8 | uint16(next()))
		}
		rows := make([]int8, int(n%70)*len(query))
		for i := range rows {
			rows[i] = int8(next())
		}
		want := make([]int32, n%70)
		plain(want, rows, query)
		got := make([]int32, n%70)
		dots(got, rows, query)
		require.Equal(t, want, got)
	})
}

func FuzzCoarseDots(f *testing.F) {
	f.Add([]byte{0}, uint8(1), uint8(1))
	f.Add([]byte{127, 128, 255, 0, 1}, uint8(7), uint8(64))
	f.Add([]byte{128, 255}, uint8(4), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, lanes, n uint8) {
		if len(data) == 0 {
			return
		}
		at := 0
		next := func() byte {
			at++
			return data[at%len(data)] + byte(at/len(data))
		}
		query := make([]int8, int(lanes%9)*coarseLane)
		for i := range query {
			query[i] = int8(next())
		}
		rows := make([]byte, int(n%70)*len(query)/2)
		for i := range rows {
			rows[i] = next()
		}
		want := make([]int32, n%70)
		plainCoarse(want, rows, query)
		got := make([]int32, n%70)
		coarseDots(got, rows, query)
		require.Equal(t, want, got)
	})
}

func TestDotsRefusesShortRows(t *testing.T) {
	require.Panics(t, func() { dots(make([]int32, 2), make([]int8, 63), make([]int16, 32)) })
	require.Panics(t, func() { coarseDots(make([]int32, 2), make([]byte, 63), make([]int8, 64)) })
}

func vector(rnd *rand.Rand, dim int) kb.Vector {
	v := make(kb.Vector, dim)
	for i := range v {
		v[i] = float32(rnd.NormFloat64())
	}
	return normal(v)
}

func normal(v kb.Vector) kb.Vector {
	length := math.Sqrt(cosine(v, v))
	for i := range v {
		v[i] /= float32(length)
	}
	return v
}

func TestScores(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, dim := range []int{1, 3, 31, 32, 33, 256, 384, 1536} {
		list := []kb.Vector{}
		table := NewTable(dim, 0)
		for i := range 100 {
			v := vector(rnd, dim)
			if i%10 == 0 { // one number outweighs the others
				v[rnd.IntN(dim)] = 5
				normal(v)
			}
			list = append(list, v)
			table.Add(Encode(v))
		}
		require.Equal(t, len(list), table.Len())
		query := vector(rnd, dim)
		table.Ready()
		q := NewQuery(query)
		scanner := table.Scanner(q)
		all := float32(math.Inf(-1))
		for from := 0; from < len(list); from += Block {
			n := min(Block, len(list)-from)
			rough := scanner.Scan(nil, from, n, all)
			require.Len(t, rough, n)
			some := scanner.Scan(nil, from, n, .1)
			require.Equal(t, slices.DeleteFunc(slices.Clone(rough), func(x Near) bool { return x.Bound < .1 }), some)
			for i := range n {
				want := cosine(query, list[from+i])
				require.Equal(t, from+i, rough[i].Row)
				require.InDelta(t, want, rough[i].Estimate, float64(rough[i].Bound-rough[i].Estimate))
				require.Less(t, rough[i].Bound-rough[i].Estimate, float32(.5))
				require.InDelta(t, want, table.Score(q, from+i), 5e-5)
				require.InDelta(t, table.Score(q, from+i), Single(q, list[from+i]), 0)
			}
		}
	}
}

func TestCopiedRowsScoreAlike(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	table, other := NewTable(40, 3), NewTable(40, 0)
	for range 10 {
		table.Add(Encode(vector(rnd, 40)))
	}
	for row := range table.Len() {
		other.Copy(table, table.Len()-1-row)
	}
	other = other.Tight()
	table.Ready()
	other.Ready()
	require.Equal(t, 40, other.Dim())
	q := NewQuery(vector(rnd, 40))
	a := table.Scanner(q).Scan(nil, 0, 10, -9)
	b := other.Scanner(q).Scan(nil, 0, 10, -9)
	for row := range 10 {
		require.InDelta(t, a[row].Estimate, b[9-row].Estimate, 1e-6)
		require.InDelta(t, table.Score(q, row), other.Score(q, 9-row), 0)
	}
}

func cosine(a, b kb.Vector) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// A stored vector is not to be trusted to be one: it must not spoil the others.
func TestOddVectors(t *testing.T) {
	nan, inf, tiny := float32(math.NaN()), float32(math.Inf(-1)), math.Float32frombits(190)
	for _, odd := range []kb.Vector{{0, 0}, {nan, 1}, {1, nan}, {inf, 1}, {tiny, 0}} {
		table := NewTable(2, 0)
		table.Add(Encode(odd))
		table.Add(Encode(kb.Vector{.6, .8}))
		table.Ready()
		got := table.Scanner(NewQuery(kb.Vector{.6, .8})).Scan(nil, 0, 2, -9)
		require.InDelta(t, 0, got[0].Estimate, .1, fmt.Sprint(odd))
		require.InDelta(t, 1, got[1].Estimate, .1)
		for _, near := range table.Scanner(NewQuery(odd)).Scan(nil, 0, 2, -9) {
			require.Zero(t, near.Estimate)
		}
		for _, query := range []kb.Vector{{.6, .8}, odd} {
			require.Zero(t, table.Score(NewQuery(query), 0))
		}
	}
}

func TestNearest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	for range 10_000 {
		x := (rnd.Float64() - .5) * 256
		require.Equal(t, int32(math.RoundToEven(x)), nearest(x))
	}
	require.Equal(t, []int32{-127, 0, 2, 2, 127}, []int32{nearest(-127), nearest(.5), nearest(1.5), nearest(2.5), nearest(127)})
}

func TestEncode(t *testing.T) {
	v := kb.Vector{0, -1.5, math.MaxFloat32}
	require.Equal(t, v, Decode(Encode(v)))
	require.Nil(t, Decode(nil))
}

func BenchmarkScan(b *testing.B) {
	const rows, dim = 100_000, 256
	rnd := rand.New(rand.NewPCG(3, 3))
	table := NewTable(dim, rows)
	for range rows {
		table.Add(Encode(vector(rnd, dim)))
	}
	table.Ready()
	scanner, found := table.Scanner(NewQuery(vector(rnd, dim))), []Near(nil)
	b.SetBytes(rows * dim / 2)
	for b.Loop() {
		for from := 0; from < rows; from += Block {
			n := min(Block, rows-from)
			found = scanner.Scan(found[:0], from, n, .5)
		}
	}
}
