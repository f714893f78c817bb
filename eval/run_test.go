package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/kb"
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
	a := answer.Answer{Band: answer.BandAnswer, Text: r.Passages[0].Text, Passages: r.Passages, Query: text}
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
	done := 0
	rep, err := eval.Run(t.Context(), eval.Options{
		Questions: questions(t), Retriever: desk{}, Answerer: desk{},
		Progress: func(n, total int) { done = n; require.Equal(t, 6, total) },
	})
	require.NoError(t, err)
	require.Equal(t, 6, done)

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
	data, err := json.Marshal(rep)
	require.NoError(t, err)
	var back eval.Report
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, rep, back, "JSON holds every figure and every result")
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
