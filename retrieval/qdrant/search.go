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
	s := &search{Index: x, base: b, q: q}
	err = b.steady(ctx, func(state ledger.State, changed []string) (map[string]bool, error) {
		err := s.try(ctx, state, changed)
		if s.lost {
			return nil, err
		}
		return s.met, err
	})
	if err != nil {
		return kb.Candidates{}, fmt.Errorf("search: %w", err)
	}
	return s.out, nil
}

// Fill implements retrieval.Index. What scores a candidate is read with its text, so
// that none lacks it.
func (x *Index) Fill(ctx context.Context, _ string, _ []*kb.Candidate) (whole bool, err error) {
	return true, ctx.Err()
}

// search is a query on its way through a collection.
type search struct {
	*Index
	base       *base
	q          kb.Query
	out        kb.Candidates
	generation int
	filter     points.Filter
	vectors    bool // the collection has vectors
	dense      bool // and they are of the query's model
	vector     *codes.Query
	scorer     *scorer
	words      proposals // by words, and by vectors
	near       proposals
	known      map[string]*hit // by point: as it was judged
	met        map[string]bool // documents of the points that were looked at
	lost       bool            // in this try a point was gone before it was looked at
}

// maxMended is how many documents that changed meanwhile are looked at by themselves.
const maxMended = 256

// try searches at a state of the ledger. Where a try before it only lacks what became
// of some documents, just they are looked at again: else whoever writes all the time
// would have every search made again and again.
func (s *search) try(ctx context.Context, state ledger.State, changed []string) (err error) {
	s.lost = false
	if len(changed) == 0 || len(changed) > maxMended || len(s.scorer.barred) > 0 {
		err = s.begin(ctx, state)
	} else {
		err = s.mend(ctx, changed)
	}
	if err != nil || s.out.Chunks == 0 {
		return err
	}
	lexical, dense, err := s.legs(ctx)
	if err == nil {
		s.out.List = candidates(lexical, dense, s.scorer.phrases)
	}
	return err
}

// begin reads the query, and leaves to legs what is proposed for it.
func (s *search) begin(ctx context.Context, state ledger.State) error {
	q := s.q
	asked := s.base.ledger.Ask(q, number)
	s.out = kb.Candidates{Query: asked.Terms, Chunks: asked.Chunks, Synonyms: asked.Synonyms, Excluded: asked.Excluded}
	s.generation, s.vectors, s.dense, s.scorer = state.Generation, state.Size > 0, false, newScorer(asked)
	s.words, s.near, s.known, s.met = proposals{}, proposals{}, map[string]*hit{}, map[string]bool{}
	s.filter = points.Filter{Filter: q.Filter, Audience: q.Audience, AsOf: q.AsOf}
	if asked.All { // a condition that all meet would be looked up for each of thousands of chunks
		s.filter.Audience = kb.Agent
	}
	if asked.Always {
		s.filter.AsOf = time.Time{}
	}
	if q.Vector != nil {
		s.out.PieceIDF = asked.PieceIDF
		if s.out.Without = asked.Chunks; state.Model == q.Model && state.Size == len(q.Vector) {
			s.dense, s.out.Without = true, asked.Chunks-asked.Embedded
			s.vector = codes.NewQuery(q.Vector)
		}
	}
	if asked.Chunks == 0 {
		return ctx.Err()
	}
	return s.bar(ctx, asked)
}

func (s *search) collection() string { return s.Index.collection(s.base, s.generation) }

func (s *search) request(limit int) points.Request {
	return points.Request{Collection: s.collection(), Limit: limit, Exact: s.opt.Exact, Filter: s.filter}
}

// bar takes the chunks with words that none may have out of what is counted.
func (s *search) bar(ctx context.Context, asked ledger.Asked) error {
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
			s.out.Chunks--
			if s.q.Vector != nil && (!s.dense || h.Point.Chunk.Model == "") {
				s.out.Without--
			}
		}
	}
	return nil
}

// learn gets to know points.
func (s *search) learn(ctx context.Context, fresh []string) error {
	slices.Sort(fresh)
	fresh = slices.Compact(fresh)
	for _, id := range fresh {
		s.known[id] = &hit{}
	}
	rows, err := s.rows(ctx, fresh)
	if err != nil {
		return err
	}
	s.lost = s.lost || len(rows) < len(fresh)
	for _, r := range rows {
		h := s.known[r.point]
		h.row = r
		doc, live := s.live(r.chunk.Document, r.revision)
		if !live {
			continue
		}
		if h.words, live = s.scorer.score(r); !live {
			continue
		}
		h.doc = doc
		if s.dense {
			h.near = s.cosine(r.chunk.Vector)
		}
	}
	return nil
}

// live returns the document of a point that counts.
func (s *search) live(document, revision string) (*kb.Document, bool) {
	s.met[document] = true
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

// cosine is what the embedded index has for it, so that ties are the same ones.
func (s *search) cosine(v kb.Vector) float64 {
	if len(v) != s.vector.Dim() {
		return 0
	}
	return codes.Single(s.vector, v)
}
