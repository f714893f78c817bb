package qdrant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Search implements retrieval.Index. It answers from the last commit of any process.
func (x *Index) Search(ctx context.Context, q kb.Query) (kb.Candidates, error) {
	b, release, err := x.open(ctx, q.KB)
	if err != nil {
		return kb.Candidates{}, err
	}
	defer release()
	q.Depth = max(q.Depth, 1)
	var out kb.Candidates
	err = b.steady(ctx, func(state ledger.State) (met map[string]bool, err error) {
		s := &search{Index: x, base: b, q: q, known: map[string]*hit{}, met: map[string]bool{}}
		out, err = s.run(ctx, state)
		return s.met, err
	})
	if err != nil {
		return kb.Candidates{}, fmt.Errorf("search: %w", err)
	}
	return out, nil
}

// Fill implements retrieval.Index. What scores a candidate is read with its text, so
// that none lacks it.
func (x *Index) Fill(ctx context.Context, _ string, _ []*kb.Candidate) (whole bool, err error) {
	return true, ctx.Err()
}

// run is one try at a state of the ledger.
func (s *search) run(ctx context.Context, state ledger.State) (kb.Candidates, error) {
	q := s.q
	asked := s.base.ledger.Ask(q, number)
	out := kb.Candidates{Query: asked.Terms, Chunks: asked.Chunks, Synonyms: asked.Synonyms, Excluded: asked.Excluded}
	s.generation, s.vectors, s.scorer = state.Generation, state.Size > 0, newScorer(asked)
	s.filter = points.Filter{Filter: q.Filter, Audience: q.Audience, AsOf: q.AsOf}
	if asked.All { // a condition that all meet would be looked up for each of thousands of chunks
		s.filter.Audience = kb.Agent
	}
	if asked.Always {
		s.filter.AsOf = time.Time{}
	}
	if q.Vector != nil {
		out.PieceIDF = asked.PieceIDF
		if out.Without = asked.Chunks; state.Model == q.Model && state.Size == len(q.Vector) {
			s.dense, out.Without = true, asked.Chunks-asked.Embedded
			s.vector = codes.NewQuery(q.Vector)
		}
	}
	if asked.Chunks == 0 {
		return out, ctx.Err()
	}
	if err := s.bar(ctx, asked, &out); err != nil {
		return kb.Candidates{}, err
	}
	lexical, dense, err := s.legs(ctx)
	if err != nil {
		return kb.Candidates{}, err
	}
	out.List = candidates(lexical, dense, asked.Phrases)
	return out, nil
}

// search is a query on its way through a collection.
type search struct {
	*Index
	base       *base
	generation int
	q          kb.Query
	filter     points.Filter
	vectors    bool // the collection has vectors
	dense      bool // and they are of the query's model
	vector     *codes.Query
	scorer     *scorer
	known      map[string]*hit // by point: as it was scored; nil: it doesn't count
	met        map[string]bool // documents of the points that were looked at; nil once one was gone before
}

func (s *search) collection() string { return s.Index.collection(s.base, s.generation) }

func (s *search) request(limit int) points.Request {
	return points.Request{Collection: s.collection(), Limit: limit, Exact: s.opt.Exact, Filter: s.filter}
}

// bar takes the chunks with words that none may have out of what is counted.
func (s *search) bar(ctx context.Context, asked ledger.Asked, out *kb.Candidates) error {
	most := 0
	for _, n := range asked.DF {
		most += n
	}
	if most == 0 {
		return nil
	}
	r := s.request(most + slack)
	r.Sparse, r.Brief = s.scorer.bars(), true
	found, err := s.server.Query(ctx, r)
	for err == nil && len(found.Lexical) == r.Limit { // some that don't count may have taken the place of one that does
		r.Limit *= 2
		found, err = s.server.Query(ctx, r)
	}
	if err != nil {
		return err
	}
	for _, h := range found.Lexical {
		if _, live := s.live(h.Point.Chunk.Document, h.Point.Revision); live {
			out.Chunks--
			if s.q.Vector != nil && (!s.dense || h.Point.Chunk.Model == "") {
				out.Without--
			}
		}
	}
	return nil
}

// slack is how many more points are asked for than twice those that are wanted:
// some don't count, and the server's order by words is not quite ours.
const slack = 32

// legs are the best chunks of both legs, best first.
func (s *search) legs(ctx context.Context) (lexical, dense []hit, err error) {
	r := s.request(2*s.q.Depth + slack)
	r.Sparse = s.scorer.query
	if s.dense {
		r.Dense = s.q.Vector
	}
	for ; ; r.Limit *= 2 {
		found, err := s.server.Query(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if lexical, dense, err = s.weigh(ctx, found); err != nil {
			return nil, nil, err
		}
		if s.settled(lexical, found.Lexical, r.Limit) && s.complete(lexical, found.Lexical, r.Limit) && s.settled(dense, found.Dense, r.Limit) {
			return lexical, dense, nil
		}
	}
}

// weigh makes legs of what was proposed. Points are read as far down the lists as
// chunks of a leg can stand, for reading them is what takes longest.
func (s *search) weigh(ctx context.Context, found points.Found) (lexical, dense []hit, err error) {
	for {
		lexical = s.leg(found.Lexical, func(h *hit) float64 { return h.words })
		lexical = slices.DeleteFunc(lexical, func(h hit) bool { return h.score == 0 })
		dense = s.leg(found.Dense, func(h *hit) float64 { return h.near })
		lexical, dense = cut(lexical, s.q.Depth), cut(dense, s.q.Depth)
		fresh := s.next(nil, lexical, found.Lexical, s.bound)
		fresh = s.next(fresh, dense, found.Dense, func(proposed float64) float64 { return proposed + tie })
		if len(fresh) == 0 {
			return lexical, dense, nil
		}
		if err := s.learn(ctx, fresh); err != nil {
			return nil, nil, err
		}
	}
}

func cut(list []hit, depth int) []hit {
	slices.SortFunc(list, better)
	return list[:min(len(list), depth)]
}

// bound is the most that a chunk scores by words that the server gives so much: its
// score rises at most as chunks are longer on average than usual.
func (s *search) bound(proposed float64) float64 {
	return proposed * max(1, s.scorer.average/usualLength) * (1 + tie)
}

// next adds to fresh the points not yet known that can be in a leg: as many as it lacks,
// and those whose bound reaches its last.
func (s *search) next(fresh []string, leg []hit, proposed []points.Hit, bound func(float64) float64) []string {
	room := s.q.Depth - len(leg)
	for _, p := range proposed {
		if _, known := s.known[p.ID]; known {
			continue
		}
		if room <= 0 && (len(leg) < s.q.Depth || bound(p.Score) < leg[len(leg)-1].score) {
			break
		}
		fresh = append(fresh, p.ID)
		room--
	}
	return fresh
}

// settled reports whether more proposals would hardly change a leg: there are no
// more, or it is full and has none that was proposed as late as the last. Of many
// chunks that are alike those are found that the embedded index finds.
func (s *search) settled(leg []hit, proposed []points.Hit, limit int) bool {
	if len(proposed) < limit {
		return true
	}
	last := proposed[len(proposed)-1].Score + tie
	return len(leg) == s.q.Depth && (limit >= most || !slices.ContainsFunc(leg, func(h hit) bool { return h.proposed <= last }))
}

// complete reports whether no chunk that the server left out can be in a leg.
func (s *search) complete(leg []hit, proposed []points.Hit, limit int) bool {
	if len(proposed) < limit || limit >= most {
		return true
	}
	return len(leg) == s.q.Depth && leg[len(leg)-1].score > s.bound(proposed[len(proposed)-1].Score)
}

const (
	tie  = 1e-6 // by which the server's scores of chunks that are alike differ at most
	most = 1024 // proposals, unless so many don't count
)

// learn gets to know points.
func (s *search) learn(ctx context.Context, fresh []string) error {
	slices.Sort(fresh)
	fresh = slices.Compact(fresh)
	for _, id := range fresh {
		s.known[id] = nil
	}
	rows, err := s.rows(ctx, fresh)
	if err != nil {
		return err
	}
	if len(rows) < len(fresh) {
		s.met = nil
	}
	for _, r := range rows {
		doc, live := s.live(r.chunk.Document, r.revision)
		if !live {
			continue
		}
		words, open := s.scorer.score(r)
		if !open {
			continue
		}
		h := &hit{row: r, doc: doc, words: words}
		if s.dense {
			h.near = s.near(r.chunk.Vector)
		}
		s.known[r.point] = h
	}
	return nil
}

// leg keeps the hits that count, each with the score that by says.
func (s *search) leg(list []points.Hit, by func(*hit) float64) []hit {
	out := make([]hit, 0, len(list))
	for _, found := range list {
		if h := s.known[found.ID]; h != nil {
			one := *h
			one.score, one.proposed = by(h), found.Score
			out = append(out, one)
		}
	}
	return out
}

// live returns the document of a point that counts.
func (s *search) live(document, revision string) (*kb.Document, bool) {
	if s.met != nil {
		s.met[document] = true
	}
	doc, current, ok := s.base.ledger.Document(&s.q, document)
	return doc, ok && current == revision
}

// candidates joins both legs.
func candidates(lexical, dense []hit, phrases []terms.Phrase) []kb.Candidate {
	at := make(map[*row]int, len(lexical)+len(dense))
	list := make([]kb.Candidate, 0, len(lexical)+len(dense))
	place := func(h hit) *kb.Legs {
		i, ok := at[h.row]
		if !ok {
			i = len(list)
			at[h.row] = i
			c := kb.Candidate{Chunk: h.row.chunk, Document: *h.doc, Cosine: h.near, Terms: terms.Mark(h.row.words.Terms, phrases), Pieces: h.row.words.Pieces}
			c.Chunk.Vector = nil
			list = append(list, c)
		}
		return &list[i].Legs
	}
	for i, h := range lexical {
		place(h).Lexical = kb.Leg{Rank: i + 1, Score: h.score}
	}
	for i, h := range dense {
		place(h).Dense = kb.Leg{Rank: i + 1, Score: h.score}
	}
	slices.SortFunc(list, func(a, b kb.Candidate) int { return cmp.Compare(a.Chunk.ID, b.Chunk.ID) })
	return list
}

// near is the cosine as the embedded index has it, so that ties are the same ones.
func (s *search) near(v kb.Vector) float64 {
	if len(v) != s.vector.Dim() {
		return 0
	}
	return codes.Near(s.vector, v)
}
