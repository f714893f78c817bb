package rank_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/rank"
)

func order(ranked []rank.Ranked) []string {
	var ids []string
	for _, r := range ranked {
		ids = append(ids, r.Chunk.ID)
	}
	return ids
}

func feature(t *testing.T, r rank.Ranked, name string) float64 {
	t.Helper()
	for _, f := range r.Features {
		if f.Name == name {
			return f.Value
		}
	}
	require.Fail(t, "no feature "+name)
	return 0
}

func TestRankFeatures(t *testing.T) {
	filler := strings.Repeat("x ", 40)
	for _, tc := range []struct {
		name, query, heading, body, feature string
		want                                float64
	}{
		{"all words", "reset password", "", "to reset the password", "coverage", 1},
		{"half the words", "reset password", "", "to reset it", "coverage", 0.5},
		{"the rare word weighs more", "reset *password", "", "the password", "coverage", 0.75},
		{"a word in the heading counts", "reset password", "password", "to reset it", "coverage", 1},
		{"a word twice is one", "reset reset password", "", "reset", "coverage", 0.5},
		{"together", "reset password", "", filler + "reset the password", "window", 1},
		{"far apart", "reset password", "", "reset " + filler + "password", "window", 0.5},
		{"at the window's edge", "a b", "", "a " + strings.Repeat("x ", 28) + "b", "window", 1},
		{"beyond the window's edge", "a b", "", "a " + strings.Repeat("x ", 29) + "b", "window", 0.5},
		{"a heading speaks for its sentences", "reset password", "reset", "password", "window", 1},
		{"in the heading", "reset password", "reset it", "", "heading", 0.5},
		{"side by side", "disk image size", "", "disk image", "phrases", 0.5},
		{"one word between", "disk image", "", "disk of image", "phrases", 1},
		{"other way round", "disk image", "", "image disk", "phrases", 0},
		{"two words between", "disk image", "", "disk of an image", "phrases", 0},
		{"identifier found", "why E42", "", "code E42", "identifiers", 1},
		{"one of two identifiers", "E42 *E43", "", "E43", "identifiers", 0.75},
		{"no identifier asked for", "why", "", "why E42", "identifiers", 0},
		{"nothing in common", "reset password", "", "other things", "coverage", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := kbtest.NewLexicon()
			c := l.Candidate("a", tc.heading, tc.body, 1)
			got := rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query(tc.query), List: []kb.Candidate{c}})
			require.InDelta(t, tc.want, feature(t, got[0], tc.feature), 1e-12)
		})
	}
}

func TestRankOrdersByEvidence(t *testing.T) {
	l := kbtest.NewLexicon()
	far := strings.Repeat("x ", 40)
	list := []kb.Candidate{
		l.Candidate("a-scattered", "", "reset "+far+"password", 2),
		l.Candidate("b-together", "", "reset password", 2),
		l.Candidate("c-one-word-often", "", "reset reset reset", 2),
		l.Candidate("d-heading", "reset password", "reset password", 2),
		l.Candidate("e-same", "reset password", "reset password", 2),
	}
	got := rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query("reset password"), List: list})
	require.Equal(t, []string{"d-heading", "e-same", "b-together", "a-scattered", "c-one-word-often"}, order(got))
}

func TestRankHoldsIdentifiersForStrongEvidence(t *testing.T) {
	l := kbtest.NewLexicon()
	list := []kb.Candidate{
		l.Candidate("a", "", "the upload fails on save", 3),
		l.Candidate("b", "", "E_CONN_42 means that upload fails", 3),
	}
	got := rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query("upload fails save E_CONN_42"), List: list})
	require.Equal(t, "b", got[0].Chunk.ID)
}

func TestRankWeighsMeaning(t *testing.T) {
	l := kbtest.NewLexicon()
	query := kb.Query{Vector: kb.Vector{1, 0}, Model: "m"}
	with := func(c kb.Candidate, rank int, cosine float64, model string) kb.Candidate {
		c.Cosine, c.Chunk.Model = cosine, model
		if rank > 0 {
			c.Legs.Dense = kb.Leg{Rank: rank, Score: cosine}
		}
		return c
	}
	words := l.Candidate("words", "", "cancel plan", 2)
	list := []kb.Candidate{
		with(l.Candidate("both", "", "cancel plan", 2), 1, 0.8, "m"),
		with(l.Candidate("meaning", "", "end subscription", 0), 2, 0.6, "m"),
		with(words, 0, 0.2, "m"),
		with(l.Candidate("other-model", "", "quit", 1), 0, 0, "old"),
	}
	got := rank.Order(query, rank.Options{}, kb.Candidates{Query: l.Query("cancel plan"), List: list})
	require.Equal(t, []string{"both", "words", "meaning", "other-model"}, order(got))
	dense := map[string]float64{}
	for _, r := range got {
		dense[r.Chunk.ID] = feature(t, r, "dense")
	}
	require.InDelta(t, 1, dense["both"], 1e-6)
	require.InDelta(t, 0.75, dense["meaning"], 1e-6)
	require.InDelta(t, 0.25, dense["words"], 1e-6, "found by words only, its cosine still counts")
	require.Zero(t, dense["other-model"])
}

// A leg that is weighed down adds less, and says nothing else of a passage.
func TestTheWeightOfMeaning(t *testing.T) {
	l := kbtest.NewLexicon()
	query := kb.Query{Text: "cancel plan", Vector: kb.Vector{1, 0}, Model: "m"}
	near, far := l.Candidate("near", "", "end it", 0), l.Candidate("words", "", "cancel", 1)
	near.Cosine, near.Chunk.Model = 1, "m"
	far.Chunk.Model = "m"
	found := kb.Candidates{Query: l.Query("cancel plan"), List: []kb.Candidate{near, far}}
	whole := rank.Order(query, rank.Options{}, found)
	require.Equal(t, []string{"near", "words"}, order(whole))
	require.Equal(t, whole, rank.Order(query, rank.Options{DenseWeight: 1}, found))
	half := rank.Order(query, rank.Options{DenseWeight: .5}, found)
	require.Equal(t, []string{"words", "near"}, order(half))
	require.InDelta(t, whole[0].Score/2, half[1].Score, 1e-12)
	require.Equal(t, feature(t, whole[0], "dense"), feature(t, half[1], "dense"))
	require.Equal(t, whole[0].Evidence, half[1].Evidence)
	require.Equal(t, whole[1].Features, half[0].Features)
}

func TestRankOfNothing(t *testing.T) {
	require.Empty(t, rank.Order(kb.Query{}, rank.Options{}))
	require.Empty(t, rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{}))
	l := kbtest.NewLexicon()
	c := l.Candidate("a", "", "some words", 0)
	for _, r := range rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{List: []kb.Candidate{c}}) {
		require.Zero(t, r.Score)
		require.Zero(t, r.Evidence)
	}
}

func TestRankDoesNotDependOnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("alpha beta gamma delta epsilon zeta eta theta")
	some := func(n int) string {
		var out []string
		for range n {
			out = append(out, words[rng.IntN(len(words))])
		}
		return strings.Join(out, " ")
	}
	for trial := range 50 {
		var found []kb.Candidates
		for base := range 3 {
			l := kbtest.NewLexicon()
			var list []kb.Candidate
			for i := range 20 {
				// Few different scores and texts, so that there are many ties.
				list = append(list, l.Candidate(fmt.Sprintf("%d-%02d", base, i), some(1), some(2), float64(rng.IntN(3))))
			}
			found = append(found, kb.Candidates{Query: l.Query(some(3)), List: list})
		}
		want := rank.Order(kb.Query{}, rank.Options{}, found...)
		rng.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		for _, f := range found {
			rng.Shuffle(len(f.List), func(i, j int) { f.List[i], f.List[j] = f.List[j], f.List[i] })
		}
		got := rank.Order(kb.Query{}, rank.Options{}, found...)
		require.Equal(t, order(want), order(got), "trial %d", trial)
		for i := range want {
			require.Equal(t, want[i].Score, got[i].Score)
			require.Equal(t, want[i].Evidence, got[i].Evidence)
			require.True(t, got[i].Evidence >= 0 && got[i].Evidence <= 1)
			require.True(t, i == 0 || got[i-1].Score >= got[i].Score)
		}
		ids := order(got)
		slices.Sort(ids)
		require.Len(t, slices.Compact(ids), 60, "every candidate has one place")
	}
}

// More of the question in a passage never makes it less relevant.
func TestRelevanceIsMonotone(t *testing.T) {
	query := "alpha beta gamma delta"
	last := -1.0
	for _, body := range []string{
		"nothing",
		"alpha",
		"alpha " + strings.Repeat("x ", 50) + "beta",
		"alpha beta",
		"alpha beta " + strings.Repeat("x ", 50) + "gamma delta",
		"alpha beta gamma " + strings.Repeat("x ", 50) + "delta",
		"alpha beta gamma delta",
	} {
		l := kbtest.NewLexicon()
		c := l.Candidate("a", "", body, 1)
		got := rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query(query), List: []kb.Candidate{c}})
		require.Greater(t, got[0].Evidence, last, body)
		last = got[0].Evidence
	}
	require.InDelta(t, 1, last, 1e-9)
}

// Much of a long question only tells a story: a passage need not hold it.
func TestRelevanceOfALongQuestion(t *testing.T) {
	evidence := func(question, body string) float64 {
		l := kbtest.NewLexicon()
		c := l.Candidate("a", "", body, 1)
		return rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query(question), List: []kb.Candidate{c}})[0].Evidence
	}
	const story = " so one day my cat sat upon it"
	require.InDelta(t, 0.5, evidence("alpha beta gamma delta", "alpha beta"), 1e-12, "two of four words")
	require.InDelta(t, 0.5, evidence("alpha beta gamma delta"+story, "alpha beta"), 1e-12, "two of the four that are enough")
	require.InDelta(t, 1, evidence("alpha beta gamma delta"+story, "alpha beta gamma delta"), 1e-12)
	require.InDelta(t, 0.4, evidence("*alpha *beta *gamma delta eps", "gamma delta"), 1e-12, "the weightiest are not the first")
}

func TestRankExplains(t *testing.T) {
	l := kbtest.NewLexicon()
	list := []kb.Candidate{
		l.Candidate("a", "billing", "change your plan or cancel plan", 4),
		l.Candidate("b", "cancel plan", "see billing", 2),
	}
	got := rank.Order(kb.Query{}, rank.Options{}, kb.Candidates{Query: l.Query("cancel *plan refund"), List: list})
	var b strings.Builder
	for _, r := range got {
		fmt.Fprintf(&b, "%s score %.3f evidence %.3f\n", r.Chunk.ID, r.Score, r.Evidence)
		for _, f := range r.Features {
			fmt.Fprintf(&b, "  %-12s %.2f %+.3f\n", f.Name, f.Value, f.Contribution)
		}
	}
	require.Equal(t, explained, b.String())
}

const explained = `b score 0.640 evidence 0.800
  lexical      0.50 +0.150
  coverage     0.80 +0.080
  window       0.80 +0.120
  heading      0.80 +0.240
  phrases      0.50 +0.050
  identifiers  0.00 +0.000
  excluded     0.00 +0.000
  dense        0.00 +0.000
  sentence     0.00 +0.000
  asked        0.00 +0.000
a score 0.550 evidence 0.800
  lexical      1.00 +0.300
  coverage     0.80 +0.080
  window       0.80 +0.120
  heading      0.00 +0.000
  phrases      0.50 +0.050
  identifiers  0.00 +0.000
  excluded     0.00 +0.000
  dense        0.00 +0.000
  sentence     0.00 +0.000
  asked        0.00 +0.000
`

func TestRankHoldsNamesForIrreplaceable(t *testing.T) {
	l := kbtest.NewLexicon()
	c := l.Candidate("a", "", "a yubikey is a key", 2)
	coverage := func(question string) float64 {
		words := l.Query(strings.ToLower(question))
		got := rank.Order(kb.Query{Text: question}, rank.Options{}, kb.Candidates{Query: words, List: []kb.Candidate{c}})
		return feature(t, got[0], "coverage")
	}
	require.InDelta(t, 1.0/3, coverage("unlock with yubikey"), 1e-12)
	require.InDelta(t, 2.0/4, coverage("unlock with YubiKey"), 1e-12)
}

// As much as two legs of a large knowledge base find for a pasted mail.
func BenchmarkRank(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(n int) string {
		var s strings.Builder
		for range n {
			fmt.Fprintf(&s, "w%d ", int(rng.ExpFloat64()*100))
		}
		return s.String()
	}
	l := kbtest.NewLexicon()
	var list []kb.Candidate
	for i := range 200 {
		list = append(list, l.Candidate(fmt.Sprintf("%03d", i), some(8), some(120), rng.Float64()))
	}
	found := kb.Candidates{Query: l.Query(some(30)), List: list}
	for b.Loop() {
		rank.Order(kb.Query{}, rank.Options{}, found)
	}
}
