package memory

import (
	"cmp"
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
)

// share is how many vectors a goroutine takes at a time.
const share = 64 * codes.Block

// The rough scores of the scan are off by about .0005, so that it takes more than
// the list has room for: breadth times as many, but at least leastRough. Only where
// more chunks than that are as near to each other can a list lack one, in favour
// of another whose cosine is as good within .002.
const (
	breadth    = 2
	leastRough = 100
)

// spare is how many chunks Dense adds at most to those that it was asked for.
const spare = 16

// span are rows of one table.
type span struct{ view, group, from, to int }

// near is a row that the scan favours.
type near struct {
	score            float32
	view, group, row int32
}

// Dense returns the best chunks by cosine, and how many chunks of the scope have a
// vector of the model. Behind the first depth come up to spare more that are as
// good as far as the codes can tell: who has the vectors themselves orders and
// cuts the list anew.
func (sc *Scope) Dense(ctx context.Context, query kb.Vector, model string, depth int) ([]Hit, int, error) {
	var work []span
	with := 0
	for i := range sc.snap.views {
		for g := range sc.snap.views[i].vectors {
			group := &sc.snap.views[i].vectors[g]
			if group.model != model || group.table.Dim() != len(query) {
				continue
			}
			with += sc.among(i, group.chunks)
			for from := 0; from < len(group.chunks); from += share {
				work = append(work, span{i, g, from, min(from+share, len(group.chunks))})
			}
		}
	}
	q := codes.NewQuery(query)
	var next atomic.Int64
	var wait sync.WaitGroup
	tops := make([]*top[near], min(runtime.GOMAXPROCS(0), len(work)))
	rough := max(breadth*depth, leastRough)
	for i := range tops {
		tops[i] = newTop(rough, sc.nearer)
		wait.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(work)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				sc.scan(work[n], q, tops[i])
			}
		})
	}
	wait.Wait()
	best := newTop(rough, sc.nearer)
	for _, t := range tops {
		for _, item := range t.items {
			best.add(item)
		}
	}
	return sc.refine(best.items, q, depth), with, ctx.Err()
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

func (sc *Scope) nearer(a, b near) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return strings.Compare(sc.id(a), sc.id(b))
}

func (sc *Scope) id(n near) string {
	v := &sc.snap.views[n.view]
	return v.ids[v.vectors[n.group].chunks[n.row]]
}

// scan adds the open rows of a span by their rough scores.
func (sc *Scope) scan(w span, q *codes.Query, best *top[near]) {
	group, open := &sc.snap.views[w.view].vectors[w.group], sc.open[w.view]
	var buffer [codes.Block]float32
	least, full := float32(0), best.full()
	if full {
		least = best.worst().score
	}
	for from := w.from; from < w.to; from += codes.Block {
		scores := buffer[:min(codes.Block, w.to-from)]
		chunks := group.chunks[from : from+len(scores)]
		if !open.any(int(chunks[0]), int(chunks[len(chunks)-1])) {
			continue
		}
		group.table.Scan(scores, q, from)
		for i, score := range scores {
			if full && score < least || !open.has(int(chunks[i])) {
				continue
			}
			best.add(near{score, int32(w.view), int32(w.group), int32(from + i)})
			if full = best.full(); full {
				least = best.worst().score
			}
		}
	}
}

// refine scores rows by all their codes.
func (sc *Scope) refine(rows []near, q *codes.Query, depth int) []Hit {
	best, off := newTop(depth+spare, better), 0.0
	for _, n := range rows {
		v := &sc.snap.views[n.view]
		group := &v.vectors[n.group]
		score, by := group.table.Score(q, int(n.row))
		chunk := group.chunks[n.row]
		best.add(Hit{v.rows[chunk], v.ids[chunk], v.slots[chunk], score})
		off = max(off, by)
	}
	hits := best.sorted()
	for i := depth; i < len(hits); i++ {
		if hits[i].Score < hits[depth-1].Score-2*off {
			return hits[:i]
		}
	}
	return hits
}
