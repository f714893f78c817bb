package retrieval_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// reader is a reranker that likes passages the better the more often they say a word.
type reader struct {
	likes string
	err   error
	asked func(query string, passages []string)
}

func (r reader) Rerank(ctx context.Context, query string, passages []string) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.asked != nil {
		r.asked(query, passages)
	}
	if r.err != nil {
		return nil, r.err
	}
	scores := make([]float64, len(passages))
	for i, p := range passages {
		scores[i] = float64(strings.Count(p, r.likes)) - 7 // a logit
	}
	return scores, nil
}

func TestFakeRerankerKeepsTheContract(t *testing.T) {
	retrievaltest.Reranker(t,
		func(*testing.T) retrieval.Reranker { return reader{likes: "e"} },
		func(*testing.T) retrieval.Reranker { return reader{err: kb.Errorf(kb.Unavailable, "away")} })
}

// shop is a shelf on which the later documents hold less of "cancel plan".
func shop() *shelf {
	s := newShelf()
	s.add("default", "0.md", "to cancel a plan open billing")
	s.add("default", "1.md", "a plan that you cancel ends, good good")
	s.add("default", "2.md", "the plan of the month, good")
	s.add("default", "3.md", "every plan has good good good terms")
	return s
}

func TestTheRerankerOrders(t *testing.T) {
	search := kb.Search{Text: "cancel plan"}
	plain := retrieve(t, shop(), retrieval.Options{}, search)
	require.Equal(t, []string{"0.md", "1.md", "2.md", "3.md"}, paths(plain))

	got := retrieve(t, shop(), retrieval.Options{Reranker: reader{likes: "good"}}, search)
	require.Equal(t, []string{"3.md", "1.md", "2.md", "0.md"}, paths(got))
	require.Empty(t, got.Notices)
	for _, p := range got.Passages {
		i := slices.Index(paths(plain), p.Document.Path)
		require.Equal(t, plain.Passages[i].Relevance, p.Relevance, "relevance stays that of rank")
		last := len(p.Features) - 1
		require.Equal(t, plain.Passages[i].Features, p.Features[:last])
		require.Equal(t, kb.Feature{Name: retrieval.Reranked, Value: float64(strings.Count(p.Text, "good")) - 7}, p.Features[last])
	}
	require.Equal(t, plain.Answerability, got.Answerability)

	search.Limit = 1
	first := retrieve(t, shop(), retrieval.Options{Reranker: reader{likes: "good"}}, search)
	require.Equal(t, []string{"3.md"}, paths(first), "cut after reranking")
	require.Less(t, first.Answerability, plain.Answerability, "what is not returned answers nothing")

	alike := retrieve(t, shop(), retrieval.Options{Reranker: reader{likes: "nothing of this"}}, kb.Search{Text: "cancel plan"})
	require.Equal(t, paths(plain), paths(alike), "equal scores leave the order")
}

func TestTheRerankerReadsTheTop(t *testing.T) {
	var read []string
	opt := retrieval.Options{Top: 2, Reranker: reader{likes: "good", asked: func(query string, passages []string) {
		require.Equal(t, "cancel plan", query)
		read = passages
	}}}
	got := retrieve(t, shop(), opt, kb.Search{Text: "cancel plan"})
	require.Equal(t, []string{"0.md\nto cancel a plan open billing", "1.md\na plan that you cancel ends, good good"}, read)
	require.Equal(t, []string{"1.md", "0.md", "2.md", "3.md"}, paths(got), "the others stand behind, as they did")

	s := newShelf()
	for i := range 30 {
		s.add("default", fmt.Sprintf("%02d.md", i), fmt.Sprintf("cancel plan number %d", i))
	}
	s.docs["default"][7].Chunk.Heading = []string{"Plans", "Ending one"}
	s.docs["default"][8].Chunk.Heading = []string{strings.Repeat("x", 10_000)}
	opt.Top = 0
	require.Len(t, retrieve(t, s, opt, kb.Search{Text: "cancel plan", Limit: 25}).Passages, 25)
	require.Len(t, read, 20)
	require.Contains(t, read, "07.md > Plans > Ending one\ncancel plan number 7")
	require.True(t, slices.ContainsFunc(read, func(s string) bool { return strings.HasSuffix(s, "xx\ncancel plan number 8") && len(s) < 250 }))

	opt.Reranker = reader{asked: func(string, []string) { require.Fail(t, "there is nothing to order") }}
	s = newShelf()
	s.add("default", "a.md", "text")
	retrieve(t, s, opt, kb.Search{Text: "text"})
	s.docs["default"] = nil
	retrieve(t, s, opt, kb.Search{Text: "text"})
}

func TestRetrieveWithTheRerankerAway(t *testing.T) {
	now := func() time.Time { return time.Unix(0, 0) }
	for _, limit := range []int{1, 3, 50} {
		search := kb.Search{Text: "cancel plan", Limit: limit}
		want := retrieve(t, shop(), retrieval.Options{Now: now}, search)
		away := reader{err: kb.Errorf(kb.Unavailable, "The reranker is away: start it.")}
		got := retrieve(t, shop(), retrieval.Options{Now: now, Reranker: away}, search)
		require.Equal(t, []string{"rerank_unavailable"}, codes(got))
		require.NotContains(t, got.Notices[0].Message, "start it", "what operators must do is in the log: anybody reads a notice")
		require.Equal(t, []kb.Timing{{Stage: "search"}, {Stage: "rank"}, {Stage: "rerank"}}, got.Timings)
		got.Notices, got.Timings = nil, want.Timings
		require.Equal(t, want, got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	leaving := reader{asked: func(string, []string) { cancel() }, err: context.Canceled}
	_, err := retrieval.New(shop(), retrieval.Options{Reranker: leaving}).Retrieve(ctx, kb.Search{KBs: []string{"default"}, Text: "cancel plan"})
	require.ErrorIs(t, err, context.Canceled)
}
