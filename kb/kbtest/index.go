package kbtest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// Index is an index in memory that implements ingest.Index and retrieval.Index
// in the plainest way: every search reads every chunk.
type Index struct {
	mu    sync.Mutex
	bases map[string]map[string]kb.Entry // by name, then document id
	ids   map[string]uint32              // of terms
}

// NewIndex makes an index with empty knowledge bases.
func NewIndex(bases ...string) *Index {
	x := &Index{bases: map[string]map[string]kb.Entry{}, ids: map[string]uint32{}}
	for _, base := range bases {
		x.bases[base] = map[string]kb.Entry{}
	}
	return x
}

func (x *Index) base(name string) (map[string]kb.Entry, error) {
	if base, ok := x.bases[name]; ok {
		return base, nil
	}
	return nil, kb.Errorf(kb.NotFound, "There is no knowledge base %q.", name)
}

// Replace implements ingest.Index.
func (x *Index) Replace(ctx context.Context, name string, entries []kb.Entry) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range entries {
		e.Chunks = slices.Clone(e.Chunks)
		for i := range e.Chunks {
			for _, old := range base[e.Document.ID].Chunks {
				if e.Chunks[i].Vector == nil && old.ID == e.Chunks[i].ID {
					e.Chunks[i].Vector, e.Chunks[i].Model = old.Vector, old.Model
				}
			}
		}
		base[e.Document.ID] = e
	}
	return nil
}

// Delete implements ingest.Index.
func (x *Index) Delete(_ context.Context, name string, documents []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return err
	}
	for _, id := range documents {
		delete(base, id)
	}
	return nil
}

// Embedded implements ingest.Index.
func (x *Index) Embedded(_ context.Context, name, model string, chunks []string) (map[string]bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, e := range base {
		for _, c := range e.Chunks {
			if c.Vector != nil && c.Model == model && slices.Contains(chunks, c.ID) {
				have[c.ID] = true
			}
		}
	}
	return have, nil
}

// Holds implements ingest.Index.
func (x *Index) Holds(_ context.Context, name string, documents []string) (map[string]bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, id := range documents {
		if _, ok := base[id]; ok {
			have[id] = true
		}
	}
	return have, nil
}

// Text returns a document's text.
func (x *Index) Text(_ context.Context, name, document string) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return "", err
	}
	e, ok := base[document]
	if !ok {
		return "", kb.Errorf(kb.NotFound, "There is no document %s.", document)
	}
	return e.Document.Text, nil
}

// Search implements retrieval.Index.
func (x *Index) Search(ctx context.Context, q kb.Query) (kb.Candidates, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(q.KB)
	if err != nil {
		return kb.Candidates{}, err
	}
	if err := ctx.Err(); err != nil {
		return kb.Candidates{}, err
	}
	var all []kb.Candidate
	for _, e := range base {
		doc := e.Document
		doc.Text = ""
		doc.Tags = slices.Clone(doc.Tags)
		for _, c := range e.Chunks {
			found := kb.Candidate{Chunk: c, Document: doc, Terms: x.terms(e.Document, c)}
			if q.Vector != nil && c.Model == q.Model && len(c.Vector) == len(q.Vector) {
				found.Cosine = cosine(c.Vector, q.Vector)
			}
			found.Chunk = kb.Chunk{ID: c.ID, Document: c.Document, Ordinal: c.Ordinal, Heading: slices.Clone(c.Heading), Model: c.Model}
			all = append(all, found)
		}
	}
	x.phrases(q, all)
	out := x.asked(q, slices.DeleteFunc(slices.Clone(all), func(c kb.Candidate) bool { return !q.Audience.May(c.Document.Audience) }))
	query := out.Query
	open := slices.DeleteFunc(slices.Clone(all), func(c kb.Candidate) bool { return !visible(q, c.Document) || barred(out.Excluded, c) })
	out.Chunks = len(open)
	rank(open, q.Depth, func(c *kb.Candidate) *kb.Leg { return &c.Legs.Lexical }, func(c *kb.Candidate) (float64, bool) {
		score := bm25(query, c.Terms)
		return score, score > 0
	})
	if q.Vector != nil {
		rank(open, q.Depth, func(c *kb.Candidate) *kb.Leg { return &c.Legs.Dense }, func(c *kb.Candidate) (float64, bool) {
			if c.Chunk.Model != q.Model {
				out.Without++
				return 0, false
			}
			return c.Cosine, true
		})
	}
	out.List = slices.DeleteFunc(open, func(c kb.Candidate) bool { return c.Legs == kb.Legs{} })
	slices.SortFunc(out.List, func(a, b kb.Candidate) int { return cmp.Compare(a.Chunk.ID, b.Chunk.ID) })
	return out, nil
}

// Fill implements retrieval.Index.
func (x *Index) Fill(_ context.Context, name string, list []*kb.Candidate) (whole bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	base, err := x.base(name)
	if err != nil {
		return false, err
	}
	whole = true
	for _, c := range list {
		stored := base[c.Document.ID].Chunks
		if c.Chunk.Ordinal >= len(stored) || stored[c.Chunk.Ordinal].ID != c.Chunk.ID {
			whole = false
			continue
		}
		s := stored[c.Chunk.Ordinal]
		c.Chunk.Text, c.Chunk.Span, c.Chunk.RuneStart, c.Chunk.Page = s.Text, s.Span, s.RuneStart, s.Page
	}
	return whole, nil
}

// rank gives the best depth candidates their places in one leg.
func rank(list []kb.Candidate, depth int, leg func(*kb.Candidate) *kb.Leg, score func(*kb.Candidate) (float64, bool)) {
	var found []*kb.Candidate
	for i := range list {
		if s, ok := score(&list[i]); ok {
			leg(&list[i]).Score = s
			found = append(found, &list[i])
		}
	}
	slices.SortFunc(found, func(a, b *kb.Candidate) int {
		return cmp.Or(cmp.Compare(leg(b).Score, leg(a).Score), cmp.Compare(a.Chunk.ID, b.Chunk.ID))
	})
	for i, c := range found {
		if i < depth {
			leg(c).Rank = i + 1
		} else {
			*leg(c) = kb.Leg{}
		}
	}
}

func visible(q kb.Query, doc kb.Document) bool {
	in := func(want []string, have ...string) bool {
		return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	return q.Audience.May(doc.Audience) && valid(doc, q.AsOf) &&
		in(q.Filter.Document, doc.ID) && in(q.Filter.Product, doc.Product) && in(q.Filter.Version, doc.Version) &&
		in(q.Filter.Tags, doc.Tags...) && in(lower(q.Filter.Language), strings.ToLower(doc.Language))
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

func valid(doc kb.Document, at time.Time) bool {
	return !at.Before(doc.ValidFrom) && (doc.ValidUntil.IsZero() || at.Before(doc.ValidUntil))
}

func cosine(a, b kb.Vector) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// stops are the stop words of the fake.
var stops = strings.Fields("a an and are can do does how i in is it my of on or the to what when where which who why")

func (x *Index) terms(doc kb.Document, c kb.Chunk) kb.Terms {
	field := func(s string) []kb.Term {
		var list []kb.Term
		for pos, word := range words(s) {
			list = append(list, kb.Term{ID: x.id(word), Pos: uint32(pos)})
		}
		return list
	}
	return kb.Terms{Title: field(doc.Title), Heading: field(strings.Join(c.Heading, "\n")), Body: field(c.Text)}
}

func (x *Index) id(word string) uint32 {
	id, ok := x.ids[word]
	if !ok {
		id = uint32(len(x.ids))
		x.ids[word] = id
	}
	return id
}

// count is how often a term is in a chunk; title and heading weigh more.
func count(t kb.Terms, id uint32) float64 {
	in := func(list []kb.Term) (n float64) {
		for _, term := range list {
			if term.ID == id {
				n++
			}
		}
		return n
	}
	return 3*in(t.Title) + 2*in(t.Heading) + in(t.Body)
}

// bm25 leaves the length of chunks out of account.
func bm25(query []kb.QueryTerm, t kb.Terms) float64 {
	score := 0.0
	for _, term := range query {
		for _, id := range term.IDs {
			tf := count(t, id)
			score += term.IDF * tf * 2 / (tf + 1)
		}
	}
	return score
}
