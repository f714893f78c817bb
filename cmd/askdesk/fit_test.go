package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval/calibrate"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
)

// judgedFile has questions that the library answers, and some that it does not.
func judgedFile(t *testing.T, answerable, not int) string {
	t.Helper()
	var b strings.Builder
	for i := range answerable {
		fmt.Fprintf(&b, `{"id":"yes%d","question":"how long can I return tool number %d","answerable":true,"gold":["returns.md"],"must":["within 45 days"],"kind":"paraphrase"}`+"\n", i, i)
	}
	for i := range not {
		fmt.Fprintf(&b, `{"id":"no%d","question":"may I return a purple elephant, filter or tool %d to the zoo","answerable":false,"kind":"near"}`+"\n", i, i)
	}
	file := filepath.Join(t.TempDir(), "judged.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o600))
	return file
}

func TestFitAndUndo(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	ask := func() (a api.Answer) {
		r := askdesk(t, nil, "ask", "--json", "how long can I return a tool", "--data", data)
		require.Equal(t, exitDone, r.code, r.err)
		require.NoError(t, json.Unmarshal([]byte(r.out), &a))
		return a
	}
	before := ask()
	require.False(t, before.Calibrated)
	require.Contains(t, askdesk(t, nil, "fit", "--data", data).err, "askdesk judged import FILE --kb default")
	require.Contains(t, askdesk(t, nil, "fit", "show", "--data", data).out, "Nothing was fitted")

	r := askdesk(t, nil, "judged", "import", judgedFile(t, 20, 5), "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	r = askdesk(t, nil, "fit", "--data", data)
	require.Equal(t, exitFailed, r.code, "nothing is wrong with the command line")
	require.Contains(t, r.err, "at least 30 judged questions, and there are 25 to learn from")

	askdesk(t, nil, "judged", "import", judgedFile(t, 20, 40), "--data", data)
	r = askdesk(t, nil, "fit", "--dry-run", "--data", data)
	require.Contains(t, r.err, "Nothing was changed")
	require.False(t, ask().Calibrated)
	r = askdesk(t, nil, "fit", "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var fits []calibrate.Fit
	require.NoError(t, json.Unmarshal([]byte(r.out), &fits))
	require.Equal(t, 60, fits[0].Questions)
	require.True(t, fits[0].Answer.Fitted, "two of three questions are not answered here")
	after := ask()
	require.True(t, after.Calibrated)
	require.NotEqual(t, before.Relevance, after.Relevance)
	require.Contains(t, askdesk(t, nil, "fit", "show", "--data", data).out, "from 60 judged questions, 40 of them not in the documents")

	require.Equal(t, exitDone, askdesk(t, nil, "fit", "undo", "--data", data).code)
	require.Equal(t, before.Relevance, ask().Relevance)
	require.Equal(t, exitFailed, askdesk(t, nil, "fit", "undo", "--data", data).code)
}

func TestJudgedQuestionsComeFromFilesAndThumbs(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	store, err := state.Open(t.Context(), data, state.Options{})
	require.NoError(t, err)
	body := `{"query": "what does PX-204 mean", "kb": ["default"], "band": "answer", "citations": [{"source": "manual", "path": "codes.md", "quote": "PX-204 means that the filter is clogged."}]}`
	require.NoError(t, store.SaveAnswer(t.Context(), "t", kb.Record{ID: "a1", Conversation: "c", Created: time.Unix(1, 0), Body: json.RawMessage(body), Evidence: json.RawMessage(`{}`)}))
	require.NoError(t, store.SaveFeedback(t.Context(), kb.Feedback{Answer: "a1", Up: true, Created: time.Unix(2, 0)}))
	require.NoError(t, store.Close())

	r := askdesk(t, nil, "judged", "feedback", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "1 thumb up says what is right. Left out: thumbs down (0)")
	askdesk(t, nil, "judged", "import", judgedFile(t, 1, 1), "--data", data)
	export := askdesk(t, nil, "judged", "export", "--data", data).out
	require.Equal(t, 3, strings.Count(export, "\n"))
	file := filepath.Join(t.TempDir(), "export.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(export), 0o600))
	r = askdesk(t, nil, "eval", "questions", file, "--data", data)
	require.Equal(t, exitDone, r.code, "what is exported can be measured: %s", r.err)

	kept := askdesk(t, nil, "eval", "questions", "--data", data)
	require.Equal(t, exitDone, kept.code, kept.err)
	require.Equal(t, r.out, kept.out, "without a file, those that are kept")

	require.NoError(t, os.WriteFile(file, []byte(`{"id":"lost","question":"q","answerable":true,"gold":["gone.md"],"must":["x"]}`), 0o600))
	r = askdesk(t, nil, "judged", "import", file, "--data", data)
	require.Contains(t, r.err, "question lost expects the document gone.md")
	require.Equal(t, 1, strings.Count(r.err, "warning"))
	askdesk(t, nil, "judged", "remove", "lost", "--data", data)

	require.Equal(t, exitUsage, askdesk(t, nil, "judged", "remove", "--data", data).code)
	require.Contains(t, askdesk(t, nil, "judged", "remove", "yes0", "none", "--data", data).err, "Removed 1 judged question.")
	require.Contains(t, askdesk(t, nil, "judged", "remove", "--all", "--data", data).err, "Removed 2")
	require.Empty(t, askdesk(t, nil, "judged", "export", "--data", data).out)
	require.Equal(t, exitUsage, askdesk(t, nil, "judged", "import", file, file, "--data", data).code)
}

func TestEvalCalibration(t *testing.T) {
	t.Parallel()
	data, docs := newLibrary(t)
	r := askdesk(t, nil, "ingest", docs, "--kb", "second", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	one, two := "default="+judgedFile(t, 12, 6), "second="+judgedFile(t, 8, 9)
	r = askdesk(t, nil, "eval", "calibration", one, two, "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var across calibrate.Across
	require.NoError(t, json.Unmarshal([]byte(r.out), &across))
	require.Len(t, across.Answer, 3)
	require.Equal(t, calibrate.AllBases, across.Answer[2].Base)
	r = askdesk(t, nil, "eval", "calibration", one, "second", "--data", data)
	require.Contains(t, r.err, "KB=FILE")
	require.Equal(t, exitFailed, askdesk(t, nil, "eval", "calibration", one, "nobody="+docs, "--data", data).code)
}
