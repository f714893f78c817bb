package memory

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/askdesk/askdesk/retrieval/local/codes"
)

// share is how many vectors a goroutine takes at a time.
const share = 64 * codes.Block

// spare is how many more of the best estimates are kept than chunks are wanted: those
// are mostly too high, and must not keep out a row whose own is too low.
const spare = 16

// span are rows of one table.
type span struct{ view, group, from, to int }

// near is a row that the scan favours.
type near struct {
	bound            float32 // of its cosine
	view, group, row int32
}

// favoured are the rows that may be among the best, as far as one goroutine has
// come: their bound is not below the worst of the best estimates.
type favoured struct {
	best *top[float32] // estimates
	rows []near
}

func newFavoured(depth int) *favoured {
	return &favoured{best: newTop(depth, func(a, b float32) int { return cmp.Compare(b, a) })}
}

// least is the bound that a row needs.
func (f *favoured) least() float32 {
	if !f.best.full() {
		return float32(math.Inf(-1))
	}
	return f.best.worst()
}

// Dense returns the best chunks by cosine, best first, and how many chunks of the
// scope have a vector of the model. The query's vector has the length that q says.
func (sc *Scope) Dense(ctx context.Context, q *codes.Query, model string, depth int) ([]Hit, int, error) {
	var work []span
	with := 0
	for i := range sc.snap.views {
		for g := range sc.snap.views[i].vectors {
			group := &sc.snap.views[i].vectors[g]
			if group.model != model || group.table.Dim() != q.Dim() {
				continue
			}
			with += sc.among(i, group.chunks)
			for from := 0; from < len(group.chunks); from += share {
				work = append(work, span{i, g, from, min(from+share, len(group.chunks))})
			}
		}
	}
	return sc.refine(sc.favour(ctx, work, q, depth+spare), q, depth), with, ctx.Err()
}

// favour scans all rows and returns those that may be among the best depth, in no
// order. Bounds are six standard deviations above the estimates, and the worst of
// the best estimates is about one too high: a list would lack a row only if the
// codes were wrong about it by five.
func (sc *Scope) favour(ctx context.Context, work []span, q *codes.Query, depth int) []near {
	var next atomic.Int64
	var wait sync.WaitGroup
	parts := make([]*favoured, min(runtime.GOMAXPROCS(0), len(work)))
	for i := range parts {
		parts[i] = newFavoured(depth)
		wait.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(work)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				sc.scan(work[n], q, parts[i])
			}
		})
	}
	wait.Wait()
	all := newFavoured(depth)
	for _, part := range parts {
		for _, estimate := range part.best.items {
			all.best.add(estimate)
		}
	}
	least := all.least()
	for _, part := range parts {
		for _, row := range part.rows {
			if row.bound >= least {
				all.rows = append(all.rows, row)
			}
		}
	}
	return all.rows
}

// among counts the chunks of a segment that are open.
func (sc *Scope) among(view int, chunks []uint16) int {
	if len(chunks) == sc.snap.views[view].Len() {
		return sc.counts[view]
	}
	n := 0
	for _, chunk := range chunks {
		if sc.open[view].has(int(chunk)) {
			n++
		}
	}
	return n
}

// scan adds the open rows of a span that may be among the best.
func (sc *Scope) scan(w span, q *codes.Query, to *favoured) {
	group, open := &sc.snap.views[w.view].vectors[w.group], sc.open[w.view]
	var found []codes.Near
	least, scanner := to.least(), group.table.Scanner(q)
	for from := w.from; from < w.to; from += codes.Block {
		n := min(codes.Block, w.to-from)
		chunks := group.chunks[from : from+n]
		if !open.any(int(chunks[0]), int(chunks[n-1])) {
			continue
		}
		found = scanner.Scan(found[:0], from, n, least)
		for _, f := range found {
			if f.Bound < least || !open.has(int(group.chunks[f.Row])) {
				continue
			}
			to.rows = append(to.rows, near{f.Bound, int32(w.view), int32(w.group), int32(f.Row)})
			to.best.add(f.Estimate)
			least = to.least()
		}
	}
}

// fewRefined is how many rows are not worth another goroutine.
const fewRefined = 256

// refine returns the best of rows by all their codes, best first.
func (sc *Scope) refine(rows []near, q *codes.Query, depth int) []Hit {
	n := min(runtime.GOMAXPROCS(0), len(rows)/fewRefined+1)
	tops := make([]*top[Hit], n)
	var wait sync.WaitGroup
	for i := range n {
		tops[i] = newTop(depth, better)
		part := rows[i*len(rows)/n : (i+1)*len(rows)/n]
		score := func() { sc.score(part, q, tops[i]) }
		if i == n-1 {
			score()
		} else {
			wait.Go(score)
		}
	}
	wait.Wait()
	for _, more := range tops[1:] {
		for _, hit := range more.items {
			tops[0].add(hit)
		}
	}
	return tops[0].sorted()
}

// score adds rows to best by all their codes.
func (sc *Scope) score(rows []near, q *codes.Query, best *top[Hit]) {
	for _, n := range rows {
		v := &sc.snap.views[n.view]
		group, row := &v.vectors[n.group], int(n.row)
		score := group.table.Score(q, row)
		if best.full() && score < best.worst().Score {
			continue
		}
		best.add(v.hit(int(n.view), group.chunks[row], score))
	}
}
