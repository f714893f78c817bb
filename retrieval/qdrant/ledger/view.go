package ledger

import (
	"maps"
	"slices"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Asked is a query against what its audience may see.
type Asked struct {
	terms.Asked
	Chunks   int     // that filter, audience and validity let through
	Embedded int     // of them, with a vector of the collection's model
	Average  float64 // weighted length of a chunk that the audience may see, at least 1
	DF       []int   // of Barred, in how many chunks each is
	All      bool    // the audience may see every document
	Always   bool    // what it may see is valid at any time
	PieceIDF []float32
}

// Ask analyses a query. Id names a term.
func (f *File) Ask(q kb.Query, id func(term string) uint32) Asked {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s := f.sides[audienceOf(q.Audience)]
	out := Asked{Asked: terms.Query(q, s.vocabulary(f.vocabulary.has, id)), Average: s.average(), PieceIDF: s.weighPieces()}
	for _, term := range out.Barred() {
		out.DF = append(out.DF, int(s.df[term]))
	}
	out.Chunks, out.Embedded = f.within(q, s)
	out.All, out.Always = s.chunks == f.sides[audienceOf(kb.Agent)].chunks, s.bounded == 0
	return out
}

// within counts the chunks that a search may find.
func (f *File) within(q kb.Query, s *side) (chunks, embedded int) {
	if s.bounded == 0 && q.Filter.Empty() {
		return s.chunks, s.embedded
	}
	for _, d := range f.documents {
		if sees(&q, d.meta) {
			n, with := d.chunks()
			chunks, embedded = chunks+n, embedded+with
		}
	}
	return chunks, embedded
}

func sees(q *kb.Query, d *kb.Document) bool {
	return q.Audience.May(d.Audience) && d.ValidAt(q.AsOf) && q.Filter.Matches(d)
}

// Document returns what counts of a document and its revision, if q may see it.
func (f *File) Document(q *kb.Query, id string) (doc *kb.Document, revision string, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	d := f.documents[id]
	if d == nil || !sees(q, d.meta) {
		return nil, "", false
	}
	return d.meta, d.revision, true
}

// Changed are those of some documents that are not what they were at a commit, in no
// order; of all documents if some is nil.
func (f *File) Changed(since int64, some map[string]bool) (ids []string) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if some != nil {
		for id := range some {
			if d := f.documents[id]; d != nil && d.seq > since || f.gone[id] > since {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for id, d := range f.documents {
		if d.seq > since {
			ids = append(ids, id)
		}
	}
	for id, seq := range f.gone {
		if seq > since {
			ids = append(ids, id)
		}
	}
	return ids
}

// Revisions are those that count, of the documents that there are.
func (f *File) Revisions(ids []string) map[string]string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make(map[string]string, len(ids))
	for _, id := range ids {
		if d := f.documents[id]; d != nil {
			out[id] = d.revision
		}
	}
	return out
}

// Meta returns what counts of a document, whoever may see it; nil if there is none.
func (f *File) Meta(id string) *kb.Document {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if d := f.documents[id]; d != nil {
		return d.meta
	}
	return nil
}

// Count is the number of documents with chunks.
func (f *File) Count() (n int) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, d := range f.documents {
		if chunks, _ := d.chunks(); chunks > 0 {
			n++
		}
	}
	return n
}

// Chunks is how many chunks count.
func (f *File) Chunks() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.sides[audienceOf(kb.Agent)].chunks
}

// Empty are the documents without chunks, by id.
func (f *File) Empty() map[string]*kb.Document {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := map[string]*kb.Document{}
	for id, d := range f.documents {
		if n, _ := d.chunks(); n == 0 {
			out[id] = d.meta
		}
	}
	return out
}

// IDs are those of all documents, sorted.
func (f *File) IDs() []string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return slices.Sorted(maps.Keys(f.documents))
}
