package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Reranked is the name of the feature that holds a reranker's score. It adds
// nothing to the score of rank: where it stands, passages are ordered by it alone.
const Reranked = "rerank"

func (c *run) ranking() rank.Options {
	return rank.Options{Compare: c.space.Compare, Weights: c.opt.Weights, DenseWeight: c.opt.DenseWeight}
}

// passages are the best of what was found, at most limit: those of rank, or, of
// its first Options.Top, those that the reranker puts first.
//
// A reranker changes the order and never the relevance. Its scores are logits or
// shares as its server likes, so that no line between bands fits them, while
// relevance is what was fitted to judged questions. So a passage may come before
// one of higher relevance; and the answerability, which is that of the best
// evidence among the passages returned, may fall where the reranker drops what rank
// held for the best: an answer cannot rest on a passage that nobody is shown.
func (c *run) passages(ctx context.Context, q kb.Query, found []kb.Candidates, limit int) ([]kb.Passage, error) {
	if c.opt.Reranker != nil {
		list, err := rank.Passages(q, c.ranking(), found, c.wanted(ctx, max(limit, c.opt.Top)))
		if err != nil {
			return nil, err
		}
		c.lap("rank")
		done := c.rerank(ctx, q.Text, list[:min(c.opt.Top, len(list))])
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("retrieve: %w", err)
		}
		if done {
			return list[:min(limit, len(list))], nil
		}
	}
	return rank.Passages(q, c.ranking(), found, c.wanted(ctx, limit))
}

func (c *run) wanted(ctx context.Context, limit int) rank.Wanted {
	return rank.Wanted{Limit: limit, MaxChars: c.opt.MaxChars, Fill: func(list []*kb.Candidate) error { return c.fill(ctx, list) }}
}

// rerank puts passages into the reranker's order, equal ones into rank's. False
// says that they stand as they were.
func (c *run) rerank(ctx context.Context, query string, list []kb.Passage) bool {
	if len(list) < 2 {
		return true
	}
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = reading(p)
	}
	scores, err := c.opt.Reranker.Rerank(ctx, query, texts)
	c.lap("rerank")
	if err != nil {
		c.opt.Log.WarnContext(ctx, "passages not reranked, the order of the search stands", "error", err)
		c.notice(RerankUnavailable, "The reranking model could not be used, so the passages stand in the order of the search.")
		return false
	}
	for i, score := range scores {
		list[i].Features = append(list[i].Features, kb.Feature{Name: Reranked, Value: score})
	}
	slices.SortStableFunc(list, func(a, b kb.Passage) int {
		return cmp.Compare(b.Features[len(b.Features)-1].Value, a.Features[len(a.Features)-1].Value)
	})
	return true
}

// longestPlace is how many characters of title and headings a reranker reads:
// those of a hostile document can be a book.
const longestPlace = 200

// reading is what a reranker reads of a passage: where it stands tells what it is
// about.
func reading(p kb.Passage) string {
	place := strings.Join(append([]string{p.Document.Title}, p.Heading...), " > ")
	return text.Cut(place, longestPlace) + "\n" + p.Text
}
