// Package retrieval finds the passages that answer a question: it asks an index
// for candidates, and has rank make passages of them.
package retrieval

import (
	"context"

	"github.com/askdesk/askdesk/kb"
)

// Index finds candidates in one knowledge base.
type Index interface {
	// Search returns the union of the first q.Depth of the lexical leg and, where
	// q.Vector is set, of the dense leg. Filter, audience and validity are applied
	// inside both legs, so that they never shorten a list that could be full.
	// Within a leg, equal scores are ordered by chunk id. The caller owns the
	// result. An unknown knowledge base is a kb.NotFound error.
	Search(ctx context.Context, q kb.Query) (kb.Candidates, error)
}
