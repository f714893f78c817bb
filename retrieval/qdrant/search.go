package qdrant

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
		met = map[string]bool{}
		out, err = (&search{Index: x, base: b, q: q, known: map[string]*hit{}, met: met}).run(ctx, state)
		return met, err
	})
	if err != nil {
		return kb.Candidates{}, fmt.Errorf("search: %w", err)
	}
	return out, nil
}

// run is one try at a state of the ledger.
func (s *search) run(ctx context.Context, state ledger.State) (kb.Candidates, error) {
	q := s.q
	asked := s.base.ledger.Ask(q, number)
	out := kb.Candidates{Query: asked.Terms, Chunks: asked.Chunks, Synonyms: asked.Synonyms, Excluded: asked.Excluded}
	s.collection, s.vectors, s.scorer = s.Index.collection(s.base, state.Generation), state.Size > 0, newScorer(asked)
	if q.Vector != nil {
		out.PieceIDF = asked.PieceIDF
		if out.Without = asked.Chunks; state.Model == q.Model && state.Size == len(q.Vector) {
			s.dense, out.Without = true, asked.Chunks-asked.Embedded
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
	out.List, err = candidates(lexical, dense, asked.Phrases)
	return out, err
}

// search is a query on its way through a collection.
type search struct {
	*Index
	base       *base
	collection string
	q          kb.Query
	vectors    bool // the collection has vectors
	dense      bool // and they are of the query's model
	scorer     *scorer
	known      map[string]*hit // by point: as it was scored; nil: it doesn't count
	met        map[string]bool // documents of the points that were looked at
}

func (s *search) request(limit int) points.Request {
	return points.Request{
		Collection: s.collection, Limit: limit, Exact: s.opt.Exact, Vectors: s.vectors,
		Filter: points.Filter{Filter: s.q.Filter, Audience: s.q.Audience, AsOf: s.q.AsOf},
	}
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
	r.Sparse, r.Vectors, r.Brief = s.scorer.bars(), false, true
	found, err := s.server.Query(ctx, r)
	for err == nil && len(found.Lexical) == r.Limit { // some that don't count may have taken the place of one that does
		r.Limit *= 2
		found, err = s.server.Query(ctx, r)
	}
	if err != nil {
		return err
	}
	for _, h := range found.Lexical {
		if _, live := s.live(h.Point); live {
			out.Chunks--
			if s.q.Vector != nil && (!s.dense || h.Point.Chunk.Model == "") {
				out.Without--
			}
		}
	}
	return nil
}

// slack is how many more points are asked for than are wanted, besides half as many:
// some don't count, and the server's order by words is not quite ours.
const slack = 32

// legs are the best chunks of both legs, best first.
func (s *search) legs(ctx context.Context) (lexical, dense []hit, err error) {
	for limit := s.q.Depth + s.q.Depth/2 + slack; ; limit *= 2 {
		r := s.request(limit)
		r.Sparse = s.scorer.query()
		if s.dense {
			r.Dense = s.q.Vector
		}
		found, err := s.server.Query(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if lexical, err = s.score(found.Lexical, func(h *hit) float64 { return h.score }); err != nil {
			return nil, nil, err
		}
		if dense, err = s.score(found.Dense, func(h *hit) float64 { return cosine(s.q.Vector, h.point.Chunk.Vector) }); err != nil {
			return nil, nil, err
		}
		lexical = slices.DeleteFunc(lexical, func(h hit) bool { return h.score == 0 })
		lexical, dense = cut(lexical, s.q.Depth), cut(dense, s.q.Depth)
		if s.settled(lexical, found.Lexical, limit) && s.complete(lexical, found.Lexical, limit) && s.settled(dense, found.Dense, limit) {
			return lexical, dense, nil
		}
	}
}

func cut(list []hit, depth int) []hit {
	slices.SortFunc(list, better)
	return list[:min(len(list), depth)]
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

// complete reports whether no chunk that the server left out can be in a leg: by more
// than its proposal, but for chunks being longer on average than usual, none scores.
func (s *search) complete(leg []hit, proposed []points.Hit, limit int) bool {
	if len(proposed) < limit || limit >= most {
		return true
	}
	bound := proposed[len(proposed)-1].Score * max(1, s.scorer.average/usualLength) * (1 + tie)
	return len(leg) == s.q.Depth && leg[len(leg)-1].score > bound
}

const (
	tie  = 1e-6 // by which the server's scores of chunks that are alike differ at most
	most = 1024 // proposals, unless so many don't count
)

// score keeps the hits that count, each by what of says.
func (s *search) score(list []points.Hit, of func(*hit) float64) ([]hit, error) {
	out := make([]hit, 0, len(list))
	for _, found := range list {
		h, seen := s.known[found.Point.ID]
		if !seen {
			if doc, live := s.live(found.Point); live {
				score, open, err := s.scorer.score(found.Point)
				if err != nil {
					return nil, fmt.Errorf("chunk %s: %w", found.Point.Chunk.ID, err)
				}
				if open {
					h = &hit{point: found.Point, doc: doc, score: score}
				}
			}
			s.known[found.Point.ID] = h
		}
		if h != nil {
			out = append(out, hit{h.point, h.doc, of(h), found.Score})
		}
	}
	return out, nil
}

// live returns the document of a point that counts.
func (s *search) live(p *points.Point) (*kb.Document, bool) {
	s.met[p.Chunk.Document] = true
	doc, revision, ok := s.base.ledger.Document(&s.q, p.Chunk.Document)
	return doc, ok && revision == p.Revision
}

// candidates joins both legs.
func candidates(lexical, dense []hit, phrases []terms.Phrase) ([]kb.Candidate, error) {
	at := make(map[string]int, len(lexical)+len(dense))
	list := make([]kb.Candidate, 0, len(lexical)+len(dense))
	place := func(h hit) (*kb.Legs, error) {
		i, ok := at[h.point.ID]
		if !ok {
			i = len(list)
			at[h.point.ID] = i
			c, err := candidate(h, phrases)
			if err != nil {
				return nil, fmt.Errorf("chunk %s: %w", h.point.Chunk.ID, err)
			}
			list = append(list, c)
		}
		return &list[i].Legs, nil
	}
	for i, h := range lexical {
		legs, err := place(h)
		if err != nil {
			return nil, err
		}
		legs.Lexical = kb.Leg{Rank: i + 1, Score: h.score}
	}
	for i, h := range dense {
		legs, err := place(h)
		if err != nil {
			return nil, err
		}
		legs.Dense = kb.Leg{Rank: i + 1, Score: h.score}
	}
	slices.SortFunc(list, func(a, b kb.Candidate) int { return cmp.Compare(a.Chunk.ID, b.Chunk.ID) })
	return list, nil
}

func candidate(h hit, phrases []terms.Phrase) (kb.Candidate, error) {
	c := kb.Candidate{Chunk: h.point.Chunk, Document: *h.doc}
	words, err := terms.Decode(h.point.Terms)
	if err != nil {
		return c, err
	}
	c.Terms = terms.Mark(words, phrases)
	c.Pieces, err = terms.DecodePieces(h.point.Pieces)
	return c, err
}

// cosine is what the embedded index takes for it, so that ties are the same ones.
func cosine(a, b kb.Vector) float64 {
	if len(a) != len(b) {
		return 0
	}
	return codes.Cosine(a, b)
}
