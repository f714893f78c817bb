// Package retrieval finds the passages that answer a question: it asks an index
// for candidates, and has rank make passages of them.
package retrieval

import (
	"context"

	"github.com/askdesk/askdesk/kb"
)

// The codes of notices that a search was not done as it is on other days.
const (
	DenseUnavailable  = "dense_unavailable"  // the embedder is away: by words only
	DensePartial      = "dense_partial"      // some chunks have no vector of the model in use
	RerankUnavailable = "rerank_unavailable" // the reranker is away: in the order of rank
)

// Index finds candidates in one knowledge base.
//
// Ranking looks at some two hundred candidates and shows a handful. So what only a
// reader needs of them is read apart, of those that are shown.
type Index interface {
	// Search returns the union of the first q.Depth of the lexical leg and, where
	// q.Vector is set, of the dense leg. Filter, audience, validity and words
	// that no chunk may have are applied inside both legs, so that they never shorten
	// a list that could be full.
	// Within a leg, equal scores are ordered by chunk id. The caller owns the
	// result, but for what candidates point to (terms, pieces, headings, tags),
	// which later ones may share: it is not to be changed. Chunks come without vectors,
	// and may come without Text, Span, RuneStart and Page, and with headings cut to 2,000
	// characters. An unknown knowledge base is a kb.NotFound error.
	Search(ctx context.Context, q kb.Query) (kb.Candidates, error)
	// Fill gives candidates that Search found in a knowledge base what they lack, all
	// as it is in one commit. Whole is false if some of them are gone, or stand elsewhere
	// in their documents now: these are left without text. A second call for the same
	// candidates changes nothing.
	Fill(ctx context.Context, base string, list []*kb.Candidate) (whole bool, err error)
}

// Reranker reads question and passage together, which tells more than comparing
// them as rank does, and costs more.
type Reranker interface {
	// Rerank returns a score for each passage, in order: the higher, the better it
	// answers the query. Scores are finite and have no other bounds, and mean
	// something beside those of the same call alone; the same call may give others
	// the next time. There is at least one passage, and none is blank. An error is a
	// kb.Error that says what to do, or that of ctx, and there are no scores then. It
	// bounds its own time, is safe for concurrent use and changes no argument.
	Rerank(ctx context.Context, query string, passages []string) ([]float64, error)
}
