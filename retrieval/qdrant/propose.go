package qdrant

import (
	"cmp"
	"context"
	"slices"

	"github.com/askdesk/askdesk/retrieval/qdrant/points"
)

const (
	slack = 32   // more points than twice those that are wanted: some don't count, and the server's order by words is not quite ours
	tie   = 1e-6 // by which the server's scores of chunks that are alike differ at most
	most  = 1024 // proposals, unless so many don't count
)

// proposals are the points that the server has for a leg, best first.
type proposals struct {
	hits  []points.Hit
	limit int     // that the request for them had; 0: there was none yet
	all   bool    // there are no more
	last  float64 // else: what those that were left out score at most
}

// propose makes proposals of the answer to a request.
func propose(list []points.Hit, limit int) proposals {
	p := proposals{hits: list, limit: limit, all: len(list) < limit}
	if !p.all {
		p.last = list[len(list)-1].Score
	}
	return p
}

// more is the limit of the next request. Where a few are not enough, chunks are mostly
// so much alike that only many are.
func (p *proposals) more(depth int) int {
	if p.limit == 0 {
		return 2*depth + slack
	}
	return max(2*p.limit, most)
}

// legs are the best chunks of both legs, best first. Only a leg that needs more
// proposals asks for them.
func (s *search) legs(ctx context.Context) (lexical, dense []hit, err error) {
	for {
		if lexical, dense, err = s.weigh(ctx); err != nil {
			return nil, nil, err
		}
		words := !s.settled(lexical, &s.words) || !s.complete(lexical)
		near := s.dense && !s.settled(dense, &s.near)
		if !words && !near {
			return lexical, dense, nil
		}
		if err := s.propose(ctx, words, near); err != nil {
			return nil, nil, err
		}
	}
}

// propose asks the server for one leg or both.
func (s *search) propose(ctx context.Context, words, near bool) error {
	r := s.request(1)
	if words {
		r.Sparse, r.Limit = s.scorer.query, s.words.more(s.q.Depth)
	}
	if near {
		r.Dense, r.Limit = s.q.Vector, max(r.Limit, s.near.more(s.q.Depth))
	}
	found, err := s.server.Query(ctx, r)
	if err != nil {
		return err
	}
	if words {
		s.words = propose(found.Lexical, r.Limit)
	}
	if near {
		s.near = propose(found.Dense, r.Limit)
	}
	return nil
}

// mend puts what there is now of documents in the place of what was proposed of them.
// Words are weighed as when the search began.
func (s *search) mend(ctx context.Context, documents []string) error {
	if some := s.q.Filter.Document; len(some) > 0 {
		documents = slices.DeleteFunc(documents, func(id string) bool { return !slices.Contains(some, id) })
	}
	before := map[string]bool{} // points
	for id, h := range s.known {
		if h.row == nil || slices.Contains(documents, h.row.chunk.Document) {
			before[id] = true
			delete(s.known, id)
		}
	}
	var found points.Found
	r := s.request(max(s.words.limit, s.near.limit))
	if r.Filter.Document = documents; len(documents) > 0 {
		if r.Sparse = s.scorer.query; s.dense {
			r.Dense = s.q.Vector
		}
		var err error
		if found, err = s.server.Query(ctx, r); err != nil {
			return err
		}
	}
	s.words.mend(before, propose(found.Lexical, r.Limit))
	s.near.mend(before, propose(found.Dense, r.Limit))
	return nil
}

// mend leaves out points that were proposed before, and takes in others.
func (p *proposals) mend(before map[string]bool, now proposals) {
	again := make(map[string]bool, len(now.hits))
	for _, h := range now.hits {
		again[h.ID] = true
	}
	p.hits = slices.DeleteFunc(p.hits, func(h points.Hit) bool { return before[h.ID] || again[h.ID] })
	p.hits = append(p.hits, now.hits...)
	slices.SortStableFunc(p.hits, func(a, b points.Hit) int { return cmp.Compare(b.Score, a.Score) })
	switch {
	case p.all:
		p.all, p.last = now.all, now.last
	case !now.all:
		p.last = max(p.last, now.last)
	}
}

// weigh makes legs of what was proposed. Points are read as far down the lists as
// chunks of a leg can stand, for reading them is what takes longest.
func (s *search) weigh(ctx context.Context) (lexical, dense []hit, err error) {
	for {
		lexical = s.leg(s.words.hits, func(h *hit) float64 { return h.words })
		lexical = slices.DeleteFunc(lexical, func(h hit) bool { return h.score == 0 })
		dense = s.leg(s.near.hits, func(h *hit) float64 { return h.near })
		lexical, dense = cut(lexical, s.q.Depth), cut(dense, s.q.Depth)
		fresh := s.next(nil, lexical, s.words.hits, s.bound)
		fresh = s.next(fresh, dense, s.near.hits, func(proposed float64) float64 { return proposed + tie })
		if len(fresh) == 0 {
			return lexical, dense, nil
		}
		if err := s.learn(ctx, fresh); err != nil {
			return nil, nil, err
		}
	}
}

// leg keeps the hits that count, each with the score that by says.
func (s *search) leg(list []points.Hit, by func(*hit) float64) []hit {
	out := make([]hit, 0, len(list))
	for _, found := range list {
		if h := s.known[found.ID]; h != nil && h.doc != nil {
			one := *h
			one.score, one.proposed = by(h), found.Score
			out = append(out, one)
		}
	}
	return out
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
func (s *search) settled(leg []hit, p *proposals) bool {
	if p.all {
		return true
	}
	return len(leg) == s.q.Depth && (p.limit >= most || !slices.ContainsFunc(leg, func(h hit) bool { return h.proposed <= p.last+tie }))
}

// complete reports whether no chunk that the server left out can be in the leg by words.
func (s *search) complete(lexical []hit) bool {
	if s.words.all || s.words.limit >= most {
		return true
	}
	return len(lexical) == s.q.Depth && lexical[len(lexical)-1].score > s.bound(s.words.last)
}
