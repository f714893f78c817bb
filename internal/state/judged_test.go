package state_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func TestFitsAreUndoneOneByOne(t *testing.T) {
	s := open(t, t.TempDir())
	for _, base := range []string{"default", "other"} {
		_, err := s.CreateBase(t.Context(), base, state.Components{})
		require.NoError(t, err)
	}
	fit := func(scale string, slope float64) kb.Fitted {
		return kb.Fitted{Scale: scale, Calibration: kb.Calibration{Answer: kb.Sigmoid{Slope: slope, Bias: -1}}, Questions: 40, Created: time.Unix(1, 0).UTC()}
	}
	slope := func(scale string) float64 {
		c, found, err := s.Calibration(t.Context(), "default", scale)
		require.NoError(t, err)
		require.Equal(t, found, c.Answer.Slope != 0)
		return c.Answer.Slope
	}
	require.Zero(t, slope("words"))
	require.NoError(t, s.SaveFits(t.Context(), "default", []kb.Fitted{fit("meaning", 2), fit("words", 1)}))
	require.NoError(t, s.SaveFits(t.Context(), "default", []kb.Fitted{fit("meaning", 3)}))
	require.NoError(t, s.SaveFits(t.Context(), "other", []kb.Fitted{fit("meaning", 9)}))
	require.EqualValues(t, 3, slope("meaning"))
	require.EqualValues(t, 1, slope("words"), "the last run did not fit it: it stays")
	last, err := s.Fits(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, []kb.Fitted{fit("meaning", 3), fit("words", 1)}, last)

	require.NoError(t, s.UndoFits(t.Context(), "default"))
	require.EqualValues(t, 2, slope("meaning"))
	require.EqualValues(t, 1, slope("words"))
	require.NoError(t, s.UndoFits(t.Context(), "default"))
	require.Zero(t, slope("meaning"))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.UndoFits(t.Context(), "default")))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.UndoFits(t.Context(), "nobody")))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.SaveFits(t.Context(), "nobody", nil)))
	left, err := s.Fits(t.Context(), "other")
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestJudgedQuestions(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.CreateBase(t.Context(), "default", state.Components{})
	require.NoError(t, err)
	q := func(text string) json.RawMessage { return json.RawMessage(`{"question":"` + text + `"}`) }
	list := func() []json.RawMessage {
		l, err := s.Judged(t.Context(), "default")
		require.NoError(t, err)
		return l
	}
	require.NoError(t, s.SaveJudged(t.Context(), "default", "", map[string]json.RawMessage{"b": q("b"), "a": q("a"), "c": q("c")}))
	require.NoError(t, s.SaveJudged(t.Context(), "default", "", map[string]json.RawMessage{"b": q("B")}))
	require.Equal(t, []json.RawMessage{q("a"), q("B"), q("c")}, list())
	n, err := s.RemoveJudged(t.Context(), "default", []string{"a", "nothing"})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []json.RawMessage{q("B"), q("c")}, list())
	n, err = s.RemoveJudged(t.Context(), "default", nil)
	require.NoError(t, err)
	require.Zero(t, n, "no id is no question")
	require.NoError(t, s.SaveJudged(t.Context(), "default", "new-", map[string]json.RawMessage{"new-1": q("1"), "new-2": q("2")}))
	require.NoError(t, s.SaveJudged(t.Context(), "default", "new-", map[string]json.RawMessage{"new-2": q("2")}))
	require.Equal(t, []json.RawMessage{q("B"), q("c"), q("2")}, list(), "what has the prefix is replaced as a whole")
	n, err = s.ClearJudged(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Empty(t, list())
	_, err = s.Judged(t.Context(), "nobody")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func TestRatedAnswers(t *testing.T) {
	s := open(t, t.TempDir())
	record := func(id, owner string) kb.Record {
		return kb.Record{ID: id, Owner: owner, Conversation: "c-" + owner, Created: time.Unix(1, 0).UTC(), Question: "q " + id, Text: "t", Body: json.RawMessage(`{}`), Evidence: json.RawMessage(`{}`)}
	}
	first, second, silent := record("1", "ann"), record("2", "bob"), record("3", "bob")
	for _, r := range []kb.Record{first, second, silent} {
		require.NoError(t, s.SaveAnswer(t.Context(), "title", r))
	}
	down := kb.Feedback{Answer: "1", Owner: "ann", Reason: "outdated", Note: "old", Created: time.Unix(9, 0).UTC()}
	up := kb.Feedback{Answer: "2", Owner: "bob", Up: true, Created: time.Unix(5, 0).UTC()}
	require.NoError(t, s.SaveFeedback(t.Context(), down))
	require.NoError(t, s.SaveFeedback(t.Context(), up))
	got, err := s.Rated(t.Context())
	require.NoError(t, err)
	require.Equal(t, []kb.Rated{{Record: second, Feedback: up}, {Record: first, Feedback: down}}, got)
}
