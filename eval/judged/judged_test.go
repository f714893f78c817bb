package judged_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/judged"
	"github.com/askdesk/askdesk/kb"
)

func rated(id, body string, up bool) kb.Rated {
	evidence := `{}`
	if strings.Contains(body, "narrow") {
		evidence = `{"Narrowed": true}`
	}
	return kb.Rated{Record: kb.Record{ID: id, Text: "It is. [1]", Body: json.RawMessage(body), Evidence: json.RawMessage(evidence)}, Feedback: kb.Feedback{Answer: id, Up: up}}
}

func TestFromFeedback(t *testing.T) {
	const (
		one  = `{"query": "Is it blue?", "kb": ["help"], "band": "answer", "citations": [{"source": "docs", "path": "a.md", "quote": "It is blue."}]}`
		two  = `{"query": "Is it blue or red?", "kb": ["help"], "band": "caveat", "citations": [{"source": "docs", "path": "a.md", "quote": "blue"}, {"passage": 1, "source": "docs", "path": "b.md", "quote": "red"}]}`
		hand = `{"query": "Does it fly?", "kb": ["help"], "band": "handoff", "citations": []}`
		back = `{"query": "it", "kb": ["help"], "band": "clarify", "citations": []}`
		wide = `{"query": "Is it green?", "kb": ["help", "more"], "band": "answer", "citations": [{"source": "docs", "path": "a.md", "quote": "green"}]}`
		away = `{"query": "Is it blue?", "kb": ["more"], "band": "answer", "citations": [{"source": "docs", "path": "a.md", "quote": "blue"}]}`
		loud = `{"query": "is it BLUE?", "kb": ["help"], "band": "answer", "citations": [{"source": "docs", "path": "c.md", "quote": "Blue!"}, {"source": "docs", "path": "c.md", "quote": "Sky"}]}`
		part = `{"query": "Is it narrow?", "kb": ["help"], "band": "handoff", "citations": []}`
	)
	got, err := judged.FromFeedback([]kb.Rated{
		rated("1", one, false), rated("2", two, true), rated("3", hand, true), rated("4", back, true),
		rated("5", wide, true), rated("6", away, true), rated("9", part, true), rated("7", loud, true), rated("8", `{"query": "Is it?", "kb": ["help"], "band": "answer"}`, false),
	}, "help")
	require.NoError(t, err)
	var ids []string
	for _, q := range got.Questions {
		require.Regexp(t, "^"+judged.Prefix+"[0-9a-f]{16}$", q.ID)
		ids = append(ids, q.ID)
	}
	require.Equal(t, judged.Taken{
		Questions: []eval.Question{
			{ID: ids[0], KB: "help", Text: "is it BLUE?", Answerable: true, Gold: []string{"docs/c.md"}, Must: []string{"Blue!", "Sky"}, Kind: "feedback", Reference: "It is. [1]"},
			{ID: ids[1], KB: "help", Text: "Is it blue or red?", Answerable: true, Gold: []string{"docs/a.md", "docs/b.md"}, Must: []string{"blue", "red"}, Kind: eval.KindMulti, Reference: "It is. [1]"},
			{ID: ids[2], KB: "help", Text: "Does it fly?", Kind: "feedback", Why: "a person agreed that the documents do not answer it"},
		},
		Down: 1, Other: 3,
	}, got)

	again, err := judged.FromFeedback([]kb.Rated{rated("77", one, true)}, "help")
	require.NoError(t, err)
	require.Equal(t, ids[0], again.Questions[0].ID, "the same question, whichever answer was rated")

	p := kb.Passage{Document: kb.Document{Source: "docs", Path: "c.md"}, Text: "Sky: blue!"}
	require.True(t, eval.Answers(got.Questions[0], p), "the passage that was cited is found again")
	p.Document.Path = "d.md"
	require.False(t, eval.Answers(got.Questions[0], p))

	_, err = judged.FromFeedback([]kb.Rated{rated("1", `no JSON`, true)}, "help")
	require.Error(t, err)
}
