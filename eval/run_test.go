package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

const file = `{"id":"1","question":"how to cancel","answerable":true,"gold":["a.md"],"must":["open billing"],"kind":"paraphrase"}

{"id":"2","question":"error 7","answerable":true,"gold":["b.md"],"must":["seven"],"kind":"error"}
{"id":"3","question":"and then?","history":[{"role":"user","content":"how to cancel"}],"answerable":true,"gold":["a.md"],"must":["open billing"],"kind":"followup"}
{"id":"4","question":"phone number","answerable":false,"gold":[],"must":[],"kind":"near"}
{"id":"5","question":"banana bread","answerable":false,"gold":[],"must":[],"kind":"far"}
{"id":"6","question":"cancel by fax","answerable":false}
`

// desk knows how to cancel, badly what error 7 is, and nothing of bread. Its
// model is away where an error is asked about.
type desk struct{ err error }

var shelf = map[string][]kb.Passage{
	"cancel": {{Document: kb.Document{Path: "a.md"}, Text: "Open **billing**.", Relevance: 0.9}},
	"error":  {{Document: kb.Document{Path: "a.md"}, Text: "six", Relevance: 0.6}, {Document: kb.Document{Path: "b.md"}, Text: "seven", Relevance: 0.5}},
	"phone":  {{Document: kb.Document{Path: "a.md"}, Text: "six", Relevance: 0.7}},
}

func (d desk) Retrieve(_ context.Context, s kb.Search) (kb.Retrieved, error) {
	r := kb.Retrieved{Query: s.Text}
	for word, passages := range shelf {
		if strings.Contains(s.Text, word) {
			r.Passages, r.Answerability = passages, passages[0].Relevance
		}
	}
	return r, d.err
}

func (d desk) Answer(ctx context.Context, q answer.Question, _ func(answer.Event) error) (answer.Answer, error) {
	text := q.Text
	for _, turn := range q.History {
		text = turn.Content + " " + text
	}
	r, err := d.Retrieve(ctx, kb.Search{Text: text})
	if len(r.Passages) == 0 {
		return answer.Answer{Band: answer.BandHandoff, Text: "I do not know.", Query: text}, err
	}
	a := answer.Answer{Band: answer.BandAnswer, Relevance: r.Answerability, Text: r.Passages[0].Text, Passages: r.Passages, Query: text}
	if strings.Contains(text, "error") {
		a.Notices = []kb.Notice{{Code: "followup_resolved"}, {Code: "model_unavailable"}}
	}
	return a, err
}

func questions(t *testing.T) []eval.Question {
	t.Helper()
	list, err := eval.LoadQuestions(strings.NewReader(file))
	require.NoError(t, err)
	require.Len(t, list, 6)
	for i := range list {
		list[i].KB = "default"
	}
	return list
}

func TestRun(t *testing.T) {
	rep, err := eval.Run(t.Context(), eval.Options{
		Questions: questions(t), Retriever: desk{}, Answerer: desk{},
	})
	require.NoError(t, err)

	type counts struct{ first, three, five, of int }
	search := map[string]counts{}
	for _, s := range rep.Search {
		search[s.Group] = counts{s.First.Count, s.Three.Count, s.Five.Count, s.First.Of}
	}
	require.Equal(t, map[string]counts{
		"answerable":             {1, 2, 2, 2},
		"paraphrase":             {1, 1, 1, 1},
		"error":                  {0, 1, 1, 1},
		"followup, with history": {1, 1, 1, 1},
		"followup, without":      {0, 0, 0, 1},
	}, search)

	answers := map[string]counts{}
	for _, a := range rep.Answers {
		answers[a.Group] = counts{a.Right.Count, a.Wrong.Count, a.HandedOff.Count, a.Right.Of}
	}
	require.Equal(t, map[string]counts{
		"answerable":             {1, 1, 0, 2},
		"followup, with history": {1, 0, 0, 1},
		"followup, without":      {0, 0, 1, 1},
		"unanswerable":           {0, 2, 1, 3}, // of whatever kind
		"near":                   {0, 1, 0, 1},
		"far":                    {0, 0, 1, 1},
	}, answers)

	// Answerable .9 and .6 against near .7, far 0 and one of no kind .9.
	require.InDelta(t, 0.5, rep.Answerability.Near.Value, 1e-12)
	require.InDelta(t, 1, rep.Answerability.Far.Value, 1e-12)
	require.InDelta(t, 3.5/6, rep.Answerability.Both.Value, 1e-12)
	require.InDelta(t, .24, rep.Answerability.Calibration.Base, 1e-12, "two of five can be answered")
	require.Len(t, rep.Answerability.Calibration.Bins, 5)
	require.Equal(t, eval.Cut{Threshold: 0.6, Answerable: 0, Unanswerable: 1.0 / 3}, rep.Answerability.Quarter)
	require.Equal(t, 1, rep.Fallbacks)
	require.True(t, rep.Results[1].Answer.Fallback)
}

func TestRunOfTheSearchAlone(t *testing.T) {
	rep, err := eval.Run(t.Context(), eval.Options{Questions: questions(t), Retriever: desk{}})
	require.NoError(t, err)
	require.Empty(t, rep.Answers)
	require.Equal(t, "followup, without", rep.Search[len(rep.Search)-1].Group)
}

func TestQuestionsOfNoKindAreNamed(t *testing.T) {
	groups := func(asked []eval.Question) (names []string) {
		rep, err := eval.Run(t.Context(), eval.Options{Questions: asked, Retriever: desk{}})
		require.NoError(t, err)
		for _, row := range rep.Search {
			names = append(names, row.Group)
		}
		return names
	}
	asked := questions(t)[:2]
	asked[0].Kind = ""
	require.Equal(t, []string{"answerable", "error", "of no kind"}, groups(asked))
	asked[1].Kind = ""
	require.Equal(t, []string{"answerable"}, groups(asked), "there are no others")
}

func TestRunNamesTheQuestionThatFailed(t *testing.T) {
	_, err := eval.Run(t.Context(), eval.Options{Questions: questions(t), Retriever: desk{err: errors.New("disk gone")}})
	require.ErrorContains(t, err, "question 1: disk gone")
}

func TestReportForms(t *testing.T) {
	rep, err := eval.Run(t.Context(), eval.Options{Questions: questions(t), Retriever: desk{}, Answerer: desk{}})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, rep.WriteTable(&b))
	for _, want := range []string{"default: 6 questions", "followup, with history", "0.500 [", "AUROC 0.583 [", "near 0.500 [",
		"model away: 1 of these answers", "\nunanswerable"} {
		require.Contains(t, b.String(), want)
	}
	one, err := eval.Run(t.Context(), eval.Options{Questions: questions(t)[:1], Retriever: desk{}})
	require.NoError(t, err)
	b.Reset()
	require.NoError(t, one.WriteTable(&b))
	require.Contains(t, b.String(), "default: 1 question\n")
	data, err := json.Marshal(rep)
	require.NoError(t, err)
	var back eval.Report
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, rep, back, "JSON holds every figure and every result")
}

func TestReportOfSeveralBasesAgainstAnEarlierRun(t *testing.T) {
	asked := questions(t)
	asked[1].KB = "other"
	asked = append(asked, asked[0])
	asked[6].KB = "third"
	rep, err := eval.Run(t.Context(), eval.Options{Questions: asked, Retriever: desk{}, Answerer: desk{}})
	require.NoError(t, err)
	require.Equal(t, []string{"default", "other", "third"}, rep.KBs)
	var groups []string
	for _, row := range rep.Search {
		groups = append(groups, row.Group)
	}
	require.Equal(t, []string{"answerable", "default", "other", "third", "error", "paraphrase", "followup, with history", "followup, without"}, groups)
	require.Equal(t, 3, rep.Search[0].First.Of)
	require.Equal(t, "third", rep.Answers[3].Group)

	data, err := json.Marshal(rep)
	require.NoError(t, err)
	earlier, err := eval.ReadReport(strings.NewReader(string(data)))
	require.NoError(t, err)
	earlier.Results = earlier.Results[:6] // the third was not asked
	earlier.Results[0].RightAt = 4
	earlier.Results[0].Answer.Outcome = eval.Wrong
	earlier.Results[1].Answer = nil
	require.NoError(t, rep.Compare(earlier, metric.Bootstrap{}))
	require.Len(t, rep.Against, 3)
	all := rep.Against[0]
	require.Equal(t, "answerable", all.Group)
	require.Equal(t, 2, all.First.Cases)
	require.InDelta(t, .5, all.First.Gain, 1e-12)
	require.InDelta(t, .5, all.Three.Gain, 1e-12)
	require.Zero(t, all.Five.Gain)
	require.InDelta(t, 1, all.Right.Gain, 1e-12, "of the one that both runs answered")
	require.Nil(t, rep.Against[2].Right)

	var table, page strings.Builder
	require.NoError(t, rep.WriteTable(&table))
	require.Contains(t, table.String(), "against the earlier run")
	require.NoError(t, rep.WriteHTML(&page))
	require.Contains(t, page.String(), "Wrong answers")
	require.Contains(t, page.String(), "Coverage against wrong answers")
	require.Contains(t, page.String(), "Against the earlier run")

	require.ErrorContains(t, rep.Compare(eval.Report{}, metric.Bootstrap{}), "none of these answerable questions")
	_, err = eval.ReadReport(strings.NewReader("nonsense"))
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
}

// The desk gives four answers: one right and one wrong of relevance .9, wrong ones
// of .7 and .6. The first and the last are of the two answerable questions.
func TestCoverageFallsAsTheThresholdRises(t *testing.T) {
	rep, err := eval.Run(t.Context(), eval.Options{Questions: questions(t), Retriever: desk{}, Answerer: desk{}})
	require.NoError(t, err)
	type point struct{ threshold, answered, wrong float64 }
	var got []point
	for _, c := range rep.Coverage {
		got = append(got, point{c.Threshold, c.Answered.Share, c.Wrong.Share})
	}
	require.Equal(t, []point{{.6, 1, .75}, {.7, .5, 2.0 / 3}, {.9, .5, .5}}, got)
}

func TestOneLegAlone(t *testing.T) {
	found := kb.Candidates{Query: []kb.QueryTerm{{Text: "plan", IDs: []uint32{1}, IDF: 1}}, PieceIDF: []float32{}}
	add := func(id string, words, meaning kb.Leg) {
		found.List = append(found.List, kb.Candidate{
			Document: kb.Document{ID: id, Path: id}, Legs: kb.Legs{Lexical: words, Dense: meaning}, Cosine: meaning.Score,
			Chunk: kb.Chunk{ID: id, Document: id, Heading: []string{"plan"}, Text: "text of " + id, Model: "m"},
			Terms: kb.Terms{Heading: []kb.Term{{ID: 1}}},
		})
	}
	add("both", kb.Leg{Rank: 2, Score: 3}, kb.Leg{Rank: 2, Score: .5})
	add("meaning", kb.Leg{}, kb.Leg{Rank: 1, Score: .9})
	add("words", kb.Leg{Rank: 1, Score: 7}, kb.Leg{})
	index, embedder := shelfIndex{found}, retrieval.Embedding{Embedder: oneVector{}}
	for _, tc := range []struct {
		leg  eval.Leg
		want []string
	}{{eval.Lexical, []string{"words", "both"}}, {eval.Dense, []string{"meaning", "both"}}} {
		r, err := eval.LegAlone(tc.leg, index, embedder)
		require.NoError(t, err)
		got, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"default"}, Text: "plan"})
		require.NoError(t, err)
		var order []string
		for _, p := range got.Passages {
			order = append(order, p.Document.Path)
		}
		require.Equal(t, tc.want, order)
	}
	_, err := eval.LegAlone(eval.Lexical, index, nil)
	require.NoError(t, err)
	_, err = eval.LegAlone(eval.Dense, index, nil)
	require.ErrorContains(t, err, "embedder")
	_, err = eval.LegAlone("both", index, embedder)
	require.ErrorContains(t, err, `no leg "both"`)
}

type shelfIndex struct{ found kb.Candidates }

func (s shelfIndex) Search(context.Context, kb.Query) (kb.Candidates, error) {
	found := s.found
	found.List = slices.Clone(found.List)
	return found, nil
}

func (s shelfIndex) Fill(context.Context, string, []*kb.Candidate) (whole bool, err error) {
	return true, nil
}

type oneVector struct{}

func (oneVector) Model() string { return "m" }

func (oneVector) Embed(context.Context, kb.EmbedKind, []string) ([]kb.Vector, error) {
	return []kb.Vector{{1, 0}}, nil
}

func TestLoadQuestionsNamesTheLine(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"{}\n", `line 1 of the questions: "id" is missing`},
		{"\n{\"id\":\"1\"}\n", `line 2 of the questions: "question" is missing`},
		{"nonsense\n", "line 1 of the questions: not a question in JSON"},
		{`{"id":"1","question":"q","answerable":true}`, `needs "gold" and "must"`},
		{"{\"id\":\"1\",\"question\":\"q\"}\n{\"id\":\"1\",\"question\":\"r\"}", `line 2 of the questions: the id "1" is also in line 1`},
	} {
		_, err := eval.LoadQuestions(strings.NewReader(tc.in))
		require.ErrorContains(t, err, tc.want)
		require.Equal(t, kb.Invalid, kb.CodeOf(err))
	}
	list, err := eval.LoadQuestions(strings.NewReader(""))
	require.NoError(t, err)
	require.Empty(t, list)
}
