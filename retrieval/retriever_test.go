package retrieval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// shelf is an index that finds every chunk that shares a word with the query.
type shelf struct {
	docs    map[string][]kb.Candidate // by knowledge base
	without int
	meant   map[string]string // what mistyped words are taken for
	asked   chan kb.Query
	read    int // texts
	changes int // how many reads to come meet a change
}

func newShelf() *shelf {
	return &shelf{docs: map[string][]kb.Candidate{}, asked: make(chan kb.Query, 10)}
}

// add puts a document on the shelf, cut into chunks as given.
func (s *shelf) add(base, path string, chunks ...string) string {
	doc := kb.Document{ID: kb.DocumentID(base, "src", path), KB: base, Source: "src", Path: path, Title: path}
	at, runes := 0, 0
	for i, text := range chunks {
		s.docs[base] = append(s.docs[base], kb.Candidate{Document: doc, Chunk: kb.Chunk{
			ID: fmt.Sprintf("%s#%d", path, i), Document: doc.ID, Ordinal: i, Text: text,
			Span: kb.Span{Start: at, End: at + len(text)}, RuneStart: runes, Page: i + 1,
		}})
		at += len(text)
		runes += utf8.RuneCountInString(text)
	}
	return doc.ID
}

func (s *shelf) Search(_ context.Context, q kb.Query) (kb.Candidates, error) {
	s.asked <- q
	docs, ok := s.docs[q.KB]
	if !ok {
		return kb.Candidates{}, kb.Errorf(kb.NotFound, "there is no knowledge base %q", q.KB)
	}
	l := kbtest.NewLexicon()
	fold := strings.NewReplacer("?", "", ".", "", ",", "", "\n", " ")
	out := kb.Candidates{Chunks: len(docs), Without: s.without}
	for _, c := range docs {
		c.Terms = kb.Terms{Body: l.Terms(strings.ToLower(fold.Replace(c.Chunk.Text)))}
		c.Chunk.Text, c.Chunk.Span, c.Chunk.RuneStart, c.Chunk.Page = "", kb.Span{}, 0, 0
		out.List = append(out.List, c)
	}
	out.Query = l.Query(strings.ToLower(fold.Replace(q.Text)))
	for i, t := range out.Query {
		out.Query[i].Meant = s.meant[t.Text]
	}
	for i, c := range out.List {
		for _, t := range out.Query {
			for _, w := range c.Terms.Body {
				if len(t.IDs) > 0 && t.IDs[0] == w.ID {
					out.List[i].Legs.Lexical.Score++
				}
			}
		}
	}
	return out, nil
}

func (s *shelf) Fill(_ context.Context, base string, list []*kb.Candidate) (whole bool, err error) {
	if s.changes > 0 {
		s.changes--
		list = list[1:]
	} else {
		whole = true
	}
	s.read += len(list)
	for _, c := range list {
		at := slices.IndexFunc(s.docs[base], func(stored kb.Candidate) bool { return stored.Chunk.ID == c.Chunk.ID })
		c.Chunk = s.docs[base][at].Chunk
	}
	return whole, nil
}

func retrieve(t *testing.T, s *shelf, opt retrieval.Options, search kb.Search) kb.Retrieved {
	t.Helper()
	if search.KBs == nil {
		search.KBs = []string{"default"}
	}
	got, err := retrieval.New(s, opt).Retrieve(t.Context(), search)
	require.NoError(t, err)
	return got
}

func paths(got kb.Retrieved) []string {
	var list []string
	for _, p := range got.Passages {
		list = append(list, p.Document.Path)
	}
	return list
}

func codes(got kb.Retrieved) []string {
	var list []string
	for _, n := range got.Notices {
		list = append(list, n.Code)
	}
	return list
}

func TestRetrieveJoinsNeighbours(t *testing.T) {
	s := newShelf()
	text := []string{"\n Überblick über alles.\n\n", "To cancel a plan open billing.\n", "Then cancel there.\n\n", "Nothing else.\n"}
	doc := s.add("default", "a.md", text...)
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"})
	require.Len(t, got.Passages, 1)
	p := got.Passages[0]
	whole := strings.Join(text, "")
	require.Equal(t, strings.TrimSpace(whole), p.Text)
	require.Equal(t, whole[p.Span.Start:p.Span.End], p.Text)
	require.Equal(t, utf8.RuneCountInString(whole[:p.Span.Start]), p.RuneStart)
	require.Equal(t, []string{"a.md#0", "a.md#1", "a.md#2", "a.md#3"}, p.Chunks)
	require.Equal(t, doc, p.Document.ID)
	require.Equal(t, 1, p.Page)
}

func TestRetrieveKeepsPassagesShort(t *testing.T) {
	for _, limit := range []int{20, 40, 60, 100} {
		s := newShelf()
		text := []string{"cancel plan é one two three\n", "more on the same plan four\n", "and cancel five six seven\n", "plan eight nine\n"}
		s.add("default", "a.md", text...)
		got := retrieve(t, s, retrieval.Options{MaxChars: limit}, kb.Search{Text: "cancel plan"})
		require.NotEmpty(t, got.Passages)
		whole := strings.Join(text, "")
		seen := map[string]bool{}
		for _, p := range got.Passages {
			require.LessOrEqual(t, utf8.RuneCountInString(p.Text), limit)
			require.Equal(t, whole[p.Span.Start:p.Span.End], p.Text)
			for _, c := range p.Chunks {
				require.False(t, seen[c], "chunk %s is in two passages", c)
				seen[c] = true
			}
		}
	}
}

func TestRetrieveDropsCopies(t *testing.T) {
	body := "To cancel your plan open the billing page and choose end subscription. It stays active until the period ends."
	for _, tc := range []struct {
		name  string
		other string
		want  int
	}{
		{"the same text", body, 1},
		{"another layout", strings.ReplaceAll(strings.ToUpper(body[:1])+body[1:], " ", "\n"), 1},
		{"a part of it", body[:70], 1},
		{"with a line of navigation", body + " Back to top.", 1},
		{"another number", strings.ReplaceAll(body, "the period", "30 days"), 2},
		{"another text", "You cannot cancel a plan that was paid by invoice; write to us and name the contract.", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newShelf()
			s.add("default", "a.html", body)
			s.add("default", "a.en.html", tc.other)
			got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"})
			require.Len(t, got.Passages, tc.want)
		})
	}
}

func TestRetrieveKeepsWhatContradicts(t *testing.T) {
	s := newShelf()
	s.add("default", "old.md", "Refunds are possible within 14 days after the purchase on all plans that we sell.")
	s.add("default", "new.md", "Refunds are possible within 30 days after the purchase on all plans that we sell.")
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "refunds after purchase"})
	require.Len(t, got.Passages, 2)
}

func TestRetrieveLimits(t *testing.T) {
	s := newShelf()
	for i := range 9 {
		s.add("default", fmt.Sprintf("%d.md", i), fmt.Sprintf("cancel plan number %d", i))
	}
	require.Len(t, retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"}).Passages, 5)
	require.Len(t, retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan", Limit: 7}).Passages, 7)
}

func TestRetrieveRefusesALimitBelowZero(t *testing.T) {
	_, err := retrieval.New(newShelf(), retrieval.Options{}).Retrieve(t.Context(), kb.Search{KBs: []string{"default"}, Text: "text", Limit: -1})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "ask for at least 1")
}

func TestRetrieveOverSeveralBases(t *testing.T) {
	s := newShelf()
	s.add("shop", "shop.md", "to cancel an order write to us")
	s.add("app", "app.md", "to cancel a plan open billing")
	both := retrieve(t, s, retrieval.Options{}, kb.Search{KBs: []string{"shop", "app", "shop"}, Text: "cancel plan"})
	require.Equal(t, []string{"app.md", "shop.md"}, paths(both))
	other := retrieve(t, s, retrieval.Options{}, kb.Search{KBs: []string{"app", "shop"}, Text: "cancel plan"})
	require.Equal(t, both.Passages, other.Passages)
	alone := retrieve(t, s, retrieval.Options{}, kb.Search{KBs: []string{"app"}, Text: "cancel plan"})
	require.Equal(t, alone.Passages[0].Relevance, both.Passages[0].Relevance, "relevance is the same with more to compare")

	_, err := retrieval.New(s, retrieval.Options{}).Retrieve(t.Context(), kb.Search{KBs: []string{"app", "nowhere"}, Text: "x"})
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	_, err = retrieval.New(s, retrieval.Options{}).Retrieve(t.Context(), kb.Search{Text: "x"})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
}

func TestRetrieveAsksTheIndex(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "text")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	search := kb.Search{Text: "text", Filter: kb.Filter{Product: []string{"app"}}}
	got := retrieve(t, s, retrieval.Options{Now: func() time.Time { return now }}, search)
	require.Equal(t, kb.Query{
		KB: "default", Text: "text", Audience: kb.Public, Filter: search.Filter, AsOf: now, Depth: 100,
	}, <-s.asked)
	require.Equal(t, "text", got.Query)
	require.Equal(t, []kb.Timing{{Stage: "search"}, {Stage: "rank"}}, got.Timings)
}

func TestRetrieveWithoutEvidence(t *testing.T) {
	s := newShelf()
	s.docs["default"] = nil
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"})
	require.Empty(t, got.Passages)
	require.Zero(t, got.Answerability)
}

type embedder struct {
	err  error
	kind kb.EmbedKind
}

func (e *embedder) Model() string { return "m/2" }

func (e *embedder) Embed(_ context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	if e.err != nil {
		return nil, e.err
	}
	e.kind = kind
	out := make([]kb.Vector, len(texts))
	for i := range texts {
		out[i] = kb.Vector{1, 0}
	}
	return out, nil
}

func TestRetrieveEmbedsTheQuestion(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "text")
	s.without = 1
	e := &embedder{kind: kb.EmbedDocument}
	got := retrieve(t, s, retrieval.Options{Embedders: retrieval.Embedding{Embedder: e}}, kb.Search{Text: "text"})
	q := <-s.asked
	require.Equal(t, kb.Vector{1, 0}, q.Vector)
	require.Equal(t, "m/2", q.Model)
	require.Equal(t, kb.EmbedQuery, e.kind)
	require.Equal(t, []string{"dense_partial"}, codes(got))
	require.Equal(t, "embed", got.Timings[0].Stage)
}

func TestRetrieveWithTheEmbedderAway(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "text")
	e := &embedder{err: errors.New("connection refused")}
	got := retrieve(t, s, retrieval.Options{Embedders: retrieval.Embedding{Embedder: e}}, kb.Search{Text: "text"})
	require.Len(t, got.Passages, 1)
	require.Nil(t, (<-s.asked).Vector)
	require.Equal(t, []string{"dense_unavailable"}, codes(got))
	require.NotContains(t, got.Notices[0].Message, "connection refused", "causes are for the log")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := retrieval.New(s, retrieval.Options{Embedders: retrieval.Embedding{Embedder: e}}).Retrieve(ctx, kb.Search{KBs: []string{"default"}, Text: "text"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestRetrieveSaysWhenItShortens(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "text")
	mail := "Hello team,\n\n" + strings.Repeat("We have used your product for many years and like it. ", 10) +
		"How do I cancel my plan?\n\nKind regards,\nSam"
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: mail})
	require.Equal(t, "How do I cancel my plan?", got.Query)
	require.Equal(t, []string{"query_shortened"}, codes(got))
}

// latin knows the alphabet from a to z; the shelf has no word pieces to compare.
type latin struct{ rank.Comparer }

func (latin) Knows(query string) bool {
	return strings.IndexFunc(query, func(r rune) bool { return r > 'z' }) < 0
}

func TestAQuestionInAnUnknownLanguageIsSearchedByWords(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "some words")
	opt := retrieval.Options{Embedders: retrieval.Embedding{Embedder: kbtest.Embedder{Dim: 4}, Compare: latin{}}}
	for text, want := range map[string]bool{"some words": true, "wörter": false} {
		retrieve(t, s, opt, kb.Search{Text: text})
		require.Equal(t, want, (<-s.asked).Vector != nil, text)
	}
}

func TestWhatIsTakenForMistypedIsSaid(t *testing.T) {
	s := newShelf()
	s.meant = map[string]string{"passwrd": "password"}
	s.add("default", "a.md", "some words")
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "some passwrd"})
	require.Equal(t, s.meant, got.Corrected)
	require.Equal(t, []kb.Notice{{Code: "query_corrected", Message: "No document has some words of the question as they are typed; searched for “password” instead of “passwrd”."}}, got.Notices)
	require.Empty(t, retrieve(t, s, retrieval.Options{}, kb.Search{Text: "some words"}).Notices)
}

// fitted is what was fitted to each knowledge base, on any scale.
type fitted map[string]kb.Calibration

func (f fitted) Calibration(_ context.Context, base, _ string) (kb.Calibration, bool, error) {
	c, found := f[base]
	return c, found, nil
}

func TestRelevanceIsWhatWasFittedToTheKnowledgeBase(t *testing.T) {
	s := newShelf()
	s.add("mine", "a.md", "reset password")
	s.add("other", "b.md", "password reset form")
	never := kb.Calibration{Passage: kb.Sigmoid{Bias: -3}, Answer: kb.Sigmoid{Bias: -2}}
	opt := retrieval.Options{Calibrations: fitted{"mine": never}}
	ask := func(text string, bases ...string) kb.Retrieved {
		return retrieve(t, s, opt, kb.Search{KBs: bases, Text: text})
	}

	mine := ask("reset password", "mine")
	require.True(t, mine.Calibrated)
	require.InDelta(t, never.Passage.At(1), mine.Passages[0].Relevance, 1e-12)
	require.InDelta(t, never.Answer.At(1), mine.Answerability, 1e-12)
	require.InDelta(t, 1, mine.Passages[0].Evidence, 1e-12)

	usual := rank.Default(rank.Words)
	other := ask("reset password", "other")
	require.False(t, other.Calibrated, "nothing was fitted to it")
	require.InDelta(t, usual.Passage.At(other.Passages[0].Evidence), other.Passages[0].Relevance, 1e-12)

	both := ask("reset password", "mine", "other")
	require.False(t, both.Calibrated, "one of them is not")
	require.InDelta(t, usual.Answer.At(1), both.Answerability, 1e-12, "the surer of the two answers")
	s.docs["empty"] = nil
	require.False(t, ask("reset password", "empty").Calibrated, "without a passage nothing is known")
}

func TestABrokenCalibrationIsNoAnswer(t *testing.T) {
	s := newShelf()
	s.add("default", "a.md", "some words")
	r := retrieval.New(s, retrieval.Options{Calibrations: broken{}})
	_, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"default"}, Text: "some words"})
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Calibration(context.Context, string, string) (kb.Calibration, bool, error) {
	return kb.Calibration{}, false, errBroken
}
