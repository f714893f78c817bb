package retrieval

import (
	"context"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Embedders knows what the index of each knowledge base is embedded with.
type Embedders interface {
	// Embedding returns it at this moment; the zero value says that there are no
	// vectors. An error tells a user why its embedder cannot be used, and what to do:
	// the knowledge base is then searched by words. It is asked before each search and
	// after, and is safe for concurrent use.
	Embedding(ctx context.Context, base string) (Embedding, error)
}

// Embedding is an embedder, and what compares as it does.
type Embedding struct {
	Embedder kb.Embedder   // nil leaves the dense leg out
	Compare  rank.Comparer // of the embedder's family; nil compares by one vector a chunk
	// Version is of the index: where it became another one in the course of a search,
	// that is done again.
	Version string
}

// Embedding implements Embedders: it is the one of every knowledge base.
func (e Embedding) Embedding(context.Context, string) (Embedding, error) { return e, nil }

// lasting is how often a search is done at most because an index was switched, and
// because what it found changed before it was read.
const lasting = 3

// embedded is what is known of the embedding of a knowledge base.
type embedded struct {
	Embedding
	err error
}

// embeddings are those of bases, in their order.
func (r *Retriever) embeddings(ctx context.Context, bases []string) []embedded {
	list := make([]embedded, len(bases))
	if r.opt.Embedders != nil {
		for i, base := range bases {
			list[i].Embedding, list[i].err = r.opt.Embedders.Embedding(ctx, base)
		}
	}
	return list
}

// lead is the first that there is: questions are embedded once.
func lead(list []embedded) Embedding {
	for _, e := range list {
		if e.err == nil && e.Embedder != nil {
			return e.Embedding
		}
	}
	return Embedding{}
}

// switched reports whether the index of a base is another than before.
func (c *run) switched(ctx context.Context, bases []string) bool {
	for i, e := range c.embeddings(ctx, bases) {
		if e.err == nil && e.Version != c.spaces[i].Version {
			return true
		}
	}
	return false
}

// partial says which knowledge bases were searched by words alone, or in part.
func (c *run) partial(q kb.Query, bases []string, found []kb.Candidates) {
	for i, f := range found {
		space := c.spaces[i]
		switch {
		case space.err != nil && (f.Without > 0 || q.Vector == nil):
			c.opt.Log.Warn("the embedder of a knowledge base cannot be used", "kb", bases[i], "error", space.err)
			c.notice(DenseUnavailable, "Only the words of the question were searched for in %q. %s", bases[i], kb.MessageOf(space.err))
		case f.Without == 0 || space.Embedder == nil:
		case space.Embedder.Model() != q.Model:
			c.notice(DensePartial, "The passages in %q have vectors of another embedder than those in other knowledge bases that were searched, so they were searched by words only. Search %q alone.", bases[i], bases[i])
		default:
			c.notice(DensePartial, "%d of %d passages in %q have no vector of the model in use and were searched by words only. Run askdesk ingest again to embed them.", f.Without, f.Chunks, bases[i])
		}
	}
}
