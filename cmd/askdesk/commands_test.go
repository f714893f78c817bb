package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/fit"
	"github.com/askdesk/askdesk/eval/orders"
	"github.com/askdesk/askdesk/internal/web/api"
)

// newLibrary ingests two small articles.
func newLibrary(t *testing.T) (data, docs string) {
	t.Helper()
	data, docs = filepath.Join(t.TempDir(), "data"), t.TempDir()
	require.NoError(t, writeLibrary(data, docs))
	return data, docs
}

func writeLibrary(data, docs string) error {
	for name, text := range map[string]string{
		"returns.md": "---\ntitle: Returns\naudience: public\n---\n# Returns\n\nA tool may be returned within 45 days. Refunds arrive 5 working days later.\n",
		"codes.md":   "# Error codes\n\n## PX-204\n\nPX-204 means that the filter is clogged. Rinse it under warm water.\n",
	} {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	r := run(nil, "ingest", docs, "--data", data, "--source", "manual")
	if r.code != exitDone || !strings.Contains(r.err, "2 added") {
		return fmt.Errorf("exit code %d: %s", r.code, r.err)
	}
	return nil
}

// written is the library that library copies, in a folder of its own.
var written = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "askdesk-library-")
	if err != nil {
		return "", err
	}
	docs := filepath.Join(dir, "docs")
	if err := os.Mkdir(docs, 0o700); err != nil {
		return "", err
	}
	return dir, writeLibrary(filepath.Join(dir, "data"), docs)
})

// library is a copy of what newLibrary makes, and its articles, which are there
// to be read.
func library(t *testing.T) (data, docs string) {
	t.Helper()
	dir, err := written()
	require.NoError(t, err)
	data = filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.CopyFS(data, os.DirFS(filepath.Join(dir, "data"))))
	return data, filepath.Join(dir, "docs")
}

func TestAskAndSearch(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	r := askdesk(t, nil, "ask", "How many days do I have to return a tool?", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "45 days")
	require.Contains(t, r.out, "[1] Returns")

	r = askdesk(t, nil, "ask", "--json", "what does px-204 mean", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var a api.Answer
	require.NoError(t, json.Unmarshal([]byte(r.out), &a))
	require.Equal(t, "codes.md", a.Citations[0].Path)
	require.Contains(t, a.Text, "clogged")

	r = askdesk(t, nil, "ask", "Does it come in purple?", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "[handoff]")

	r = askdesk(t, nil, "search", "PX-204", "--explain", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "1. Error codes > PX-204")
	require.Contains(t, r.out, "adds")
}

func TestAskMistakesSayWhatToDo(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	for name, tc := range map[string]struct {
		args []string
		want string
		code int
	}{
		"unknown base":  {[]string{"ask", "x", "--kb", "sales"}, "default", exitFailed},
		"unknown tone":  {[]string{"ask", "returns", "--tone", "rude"}, "friendly", exitUsage},
		"unknown model": {[]string{"ask", "returns", "--model", "gpt"}, "extractive", exitUsage},
		"empty":         {[]string{"ask", " "}, "empty", exitUsage},
		"no question":   {[]string{"ask"}, "--help", exitUsage},
		"preview":       {[]string{"prompts", "preview"}, "--question", exitUsage},
		"no such path":  {[]string{"ingest", "/no/such/folder"}, "/no/such/folder", exitFailed},
		"audience":      {[]string{"ingest", ".", "--audience", "all"}, "agent", exitUsage},
		"base name":     {[]string{"ingest", ".", "--kb", "My Base"}, "lower-case", exitUsage},
		"public admin":  {[]string{"keys", "create", "--name", "x", "--role", "admin", "--audience", "public"}, "audience", exitUsage},
		"key role":      {[]string{"keys", "create", "--name", "x", "--role", "king"}, "editor", exitUsage},
		"no questions":  {[]string{"eval", "questions", "none.jsonl"}, "none.jsonl", exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			r := askdesk(t, nil, append(tc.args, "--data", data)...)
			require.Equal(t, tc.code, r.code, r.err)
			require.Contains(t, r.err, tc.want)
		})
	}
}

func TestIngestReports(t *testing.T) {
	t.Parallel()
	data, docs := newLibrary(t)
	require.NoError(t, os.WriteFile(filepath.Join(docs, "broken.md"), []byte("a\x00\x01\x02\x03b"), 0o600))
	require.NoError(t, os.Remove(filepath.Join(docs, "codes.md")))
	file := filepath.Join(t.TempDir(), "report.json")
	args := []string{"ingest", docs, "--data", data, "--source", "manual", "--report", file}

	dry := askdesk(t, nil, append(args, "--dry-run")...)
	require.Contains(t, dry.err, "Would ingest")
	require.Contains(t, dry.err, "1 file is gone from the folder; --prune removes them here: codes.md.")
	refused := askdesk(t, nil, append(args, "--prune")...)
	require.Equal(t, exitFailed, refused.code, "half of the source is gone")
	require.Contains(t, refused.err, "Gone: codes.md.")
	require.NotContains(t, refused.err, "No file")

	r := askdesk(t, nil, append(args, "--prune", "--yes", "--json")...)
	require.Equal(t, exitPartial, r.code, r.err)
	require.Contains(t, r.err, "broken.md")
	require.Contains(t, r.err, "Removed: codes.md.")
	var report ingestReport
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	status := map[string]string{}
	for _, f := range report.Files {
		require.Equal(t, "manual", f.Source)
		status[f.Path] = string(f.Status)
	}
	require.Equal(t, map[string]string{"broken.md": "failed", "codes.md": "removed", "returns.md": "unchanged"}, status)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.JSONEq(t, r.out, string(written))

	dry = askdesk(t, nil, append(args, "--dry-run")...)
	require.Contains(t, dry.err, "0 added, 0 changed, 1 unchanged, 0 removed, 0 skipped, 1 failed")
	require.Contains(t, dry.err, "broken.md: not read the last time")
	require.NoError(t, os.WriteFile(filepath.Join(docs, "broken.md"), []byte("# Mended\n"), 0o600))
	require.Contains(t, askdesk(t, nil, append(args, "--dry-run")...).err, "1 added")
}

func TestIngestSaysThatThereIsNothingToRead(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	r := askdesk(t, nil, "ingest", docs, "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "No file that can be read was found in "+docs+". Askdesk reads .md,")
	file := filepath.Join(docs, "a.xyz")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	r = askdesk(t, nil, "ingest", file, "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "a.xyz is a .xyz file")
	require.Contains(t, r.err, "No file that can be read was found")
	require.NotContains(t, r.err, "up to date")
}

func TestAMovedFolderKeepsItsDocuments(t *testing.T) {
	t.Parallel()
	data, docs := library(t)
	there := filepath.Join(t.TempDir(), "elsewhere")
	require.NoError(t, os.CopyFS(there, os.DirFS(docs)))
	args := []string{"ingest", there, "--data", data, "--source", "manual"}
	r := askdesk(t, nil, args...)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "--source manual --moved")
	for _, wrong := range [][]string{
		{"ingest", there, "--moved"}, {"ingest", there, docs, "--source", "manual", "--moved"},
		{"ingest", filepath.Join(there, "codes.md"), "--source", "manual", "--moved"},
	} {
		require.Equal(t, exitUsage, askdesk(t, nil, append(wrong, "--data", data)...).code, wrong)
	}
	r = askdesk(t, nil, "ingest", there, "--data", data, "--source", "manuel", "--moved")
	require.Contains(t, r.err, `no source "manuel"`)

	args = append(args, "--moved")
	require.Contains(t, askdesk(t, nil, append(args, "--dry-run")...).err, "2 documents")
	require.Equal(t, exitFailed, askdesk(t, nil, "ingest", there, "--data", data, "--source", "manual").code, "a dry run moves nothing")
	r = askdesk(t, nil, args...)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "Nothing to ingest: manual is up to date in default (2 documents)")
	require.Equal(t, exitDone, askdesk(t, nil, "ingest", there, "--data", data, "--source", "manual").code)
	require.Contains(t, askdesk(t, nil, "ingest", docs, "--data", data, "--source", "manual").err, there)
}

func TestExtractShowsChunks(t *testing.T) {
	t.Parallel()
	_, docs := library(t)
	r := askdesk(t, nil, "extract", filepath.Join(docs, "codes.md"), "--chunks")
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "> PX-204")
	r = askdesk(t, nil, "extract", filepath.Join(docs, "codes.md"))
	require.True(t, strings.HasPrefix(r.out, "# Error codes"), r.out)
}

func TestPromptsRoundTrip(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	r := askdesk(t, nil, "prompts", "preview", "--question", "Can I return a tool?", "--tone", "formal", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "within 45 days")
	require.Contains(t, r.out, "--- user")

	r = askdesk(t, nil, "prompts", "init", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	files := strings.Fields(r.out)
	require.NotEmpty(t, files)
	require.Equal(t, exitDone, askdesk(t, nil, "prompts", "check", "--data", data).code)
	require.NoError(t, os.WriteFile(files[0], []byte("---\nnonsense: [\n---\n"), 0o600))
	r = askdesk(t, nil, "prompts", "check", "--data", data)
	require.Equal(t, exitFailed, r.code)
	require.Regexp(t, `^(prompts|styles)/[^:]+:\d+: `, r.out, "file, line and reason")
}

func TestKeysLifeCycle(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := askdesk(t, nil, "keys", "create", "--name", "desk", "--role", "editor", "--audience", "public", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	secret := strings.TrimSpace(r.out)
	list := askdesk(t, nil, "keys", "list", "--data", data)
	require.Contains(t, list.out, "editor")
	require.NotContains(t, list.out, secret)
	require.Equal(t, exitDone, askdesk(t, nil, "keys", "delete", "desk", "--data", data).code)
	require.NotContains(t, askdesk(t, nil, "keys", "list", "--data", data).out, "editor")
}

func TestACommandSaysWhichKnowledgeBaseItNeeds(t *testing.T) {
	t.Parallel()
	data, docs := filepath.Join(t.TempDir(), "data"), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(docs, "a.md"), []byte("# A\n\nText of an article.\n"), 0o600))
	for _, base := range []string{"shop", "help"} {
		r := askdesk(t, nil, "ingest", docs, "--kb", base, "--data", data)
		require.Equal(t, exitDone, r.code, r.err)
		require.Contains(t, r.err, "0 failed (1 chunk).")
	}
	require.Contains(t, askdesk(t, nil, "ingest", docs, "--kb", "shop", "--data", data).err, "up to date in shop (1 document).")
	for _, args := range [][]string{{"ask", ""}, {"ask", " \n"}, {"search", ""}} {
		r := askdesk(t, nil, append(args, "--data", data)...)
		require.Equal(t, exitUsage, r.code)
		require.Equal(t, "askdesk: the question is empty: type what the customer wants to know\n", r.err)
	}
	r := askdesk(t, nil, "ask", "Which article?", "--data", data)
	require.Equal(t, exitUsage, r.code)
	require.Equal(t, "askdesk: There are several knowledge bases: say which with --kb. There is: help, shop.\n", r.err)
	r = askdesk(t, nil, "ask", "Which article?", "--data", t.TempDir())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "none at all yet")
}

func TestEvalQuestions(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	file := filepath.Join(t.TempDir(), "q.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(
		`{"id":"1","kb":"default","question":"how long can I return a tool","answerable":true,"gold":["returns.md"],"must":["within 45 days"],"kind":"paraphrase"}`+"\n"+
			`{"id":"2","kb":"default","question":"who painted the Mona Lisa","answerable":false,"gold":[],"must":[],"kind":"far"}`+"\n"), 0o600))
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.jsonl")
	require.NoError(t, os.WriteFile(elsewhere, []byte(`{"id":"1","kb":"shop","question":"opening hours","answerable":false,"kind":"far"}`), 0o600))
	r := askdesk(t, nil, "eval", "questions", file, "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var report eval.Report
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	require.Len(t, report.Results, 2)
	require.Equal(t, 1, report.Results[0].RightAt)
	require.Equal(t, eval.HandedOff, report.Results[1].Answer.Outcome)

	folder := t.TempDir()
	words, page := filepath.Join(folder, "words.json"), filepath.Join(folder, "page.html")
	r = askdesk(t, nil, "eval", "questions", file, "--leg", "lexical", "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.NoError(t, os.WriteFile(words, []byte(r.out), 0o600))
	r = askdesk(t, nil, "eval", "questions", file, "--against", words, "--html", page, "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "against the earlier run")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "Questions on default")

	for want, args := range map[string][]string{
		`no leg "both"`:       {file, "--leg", "both"},
		"is in the questions": {file, file},
		`--kb NAME asks another one. There is no knowledge base "shop". There is: default. Make one with: askdesk ingest PATH --kb NAME` + "\n": {elsewhere},
		"earlier report": {file, "--against", "none.json"},
	} {
		r = askdesk(t, nil, slices.Concat([]string{"eval", "questions", "--data", data}, args)...)
		require.NotEqual(t, exitDone, r.code, want)
		require.Contains(t, r.err, want)
	}
}

func TestDoctorSaysWhatToFix(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	compiled(t, data)
	config := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(config, []byte("models: {away: {base_url: 'http://127.0.0.1:9/v1', model: m}}\n"), 0o600))
	r := once(t, "doctor", "--data", data, "--config", config)
	require.Equal(t, exitFailed, r.code, r.err)
	require.Contains(t, r.out, "FIX  model away")
	require.Contains(t, r.out, "ok   reader of PDF and DOCX")
	require.Contains(t, r.out, "ok   index of default")
	require.Contains(t, r.out, "2 documents, 2 chunks\n")
	require.Equal(t, exitDone, once(t, "doctor", "--data", data).code)
}

func TestWhatFlagsSaidOfASourceIsRemembered(t *testing.T) {
	t.Parallel()
	data, docs := filepath.Join(t.TempDir(), "data"), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(docs, "a.md"), []byte("# Parking\n\nVisitors park on level 2.\n"), 0o600))
	dry := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "site", "--dry-run")
	require.Equal(t, exitDone, dry.code, dry.err)
	require.Contains(t, dry.err, "1 added")

	first := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "site", "--audience", "public", "--url-base", "https://help.example.com")
	require.Equal(t, exitDone, first.code, first.err)
	again := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "site")
	require.Contains(t, again.err, "As the last time for site: --audience public, --url-base https://help.example.com.")
	require.Contains(t, again.err, "Nothing to ingest")
	changed := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "site", "--audience", "agent")
	require.Contains(t, changed.err, "1 changed")
	require.Contains(t, changed.err, "--url-base https://help.example.com")
}

func TestEvalRetrievalMeasuresACollection(t *testing.T) {
	data := t.TempDir()
	r := askdesk(t, nil, "eval", "retrieval", "../../eval/collection/testdata/shop", "--json", "--data", data)
	require.Equal(t, 0, r.code, r.err)
	var report orders.Report
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	require.Equal(t, 3, report.Queries)
	require.InDelta(t, 1, report.Orders[orders.Product].MRR10, 1e-9)
	require.Equal(t, 4, report.Ingest.Chunks)
	var programs struct { // by these names other programs read it
		Legs      map[string]map[string]float64
		Relevance struct{ AUROC, ECE *float64 }
		Latency   map[string]float64 `json:"latency_ms"`
		Ingest    map[string]float64
		Docs      int
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &programs))
	for _, leg := range []string{"lexical", "dense", "rrf", "product"} {
		for _, name := range []string{"ndcg10", "recall5", "recall10", "recall100", "mrr10"} {
			require.Contains(t, programs.Legs[leg], name)
		}
	}
	require.NotNil(t, programs.Relevance.AUROC)
	require.NotNil(t, programs.Relevance.ECE)
	require.Contains(t, programs.Latency, "p50")
	require.Contains(t, programs.Latency, "p99")
	require.Contains(t, programs.Ingest, "chunks_per_second")
	require.NotZero(t, programs.Docs)
	left, err := os.ReadDir(data)
	require.NoError(t, err)
	require.Empty(t, left, "the data folder of the service is not touched")

	file := filepath.Join(t.TempDir(), "earlier.json")
	require.NoError(t, os.WriteFile(file, []byte(r.out), 0o600))
	r = askdesk(t, nil, "eval", "retrieval", "../../eval/collection/testdata/shop", "--against", file, "--typos", "1", "--queries", "2", "--html", filepath.Join(t.TempDir(), "page.html"))
	require.Equal(t, 0, r.code, r.err)
	require.Contains(t, r.out, "4 documents, 2 queries")
	require.Contains(t, r.out, "product against the earlier run")
	require.Equal(t, exitUsage, askdesk(t, nil, "eval", "retrieval", "../../eval/collection/testdata/shop", "--typos", "2").code)
}

func TestEvalWeightsLearnsFromCollections(t *testing.T) {
	const shop = "../../eval/collection/testdata/shop"
	file := filepath.Join(t.TempDir(), "weights.json")
	r := askdesk(t, nil, "eval", "weights", shop, shop, "--json", "--out", file)
	require.Equal(t, 0, r.code, r.err)
	var ways []struct {
		Name string
		fit.Weighing
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &ways))
	require.Len(t, ways, 3)
	for i, name := range []string{"words", "dense", "sentences"} {
		require.Equal(t, name, ways[i].Name)
		require.Len(t, ways[i].Collections, 2)
		require.Equal(t, 3, ways[i].Collections[0].Queries)
	}
	require.Contains(t, ways[0].Features, "sentence")

	settings := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(settings, []byte("retrieval: {weights: '"+file+"'}\n"), 0o600))
	data, _ := library(t)
	require.Equal(t, exitDone, askdesk(t, nil, "search", "returns", "--data", data, "--config", settings).code, "what was learned can be used")
	require.NoError(t, os.WriteFile(file, []byte(`{"words": {"weights": {"beauty": 1}}}`), 0o600))
	bad := askdesk(t, nil, "search", "returns", "--data", data, "--config", settings)
	require.Equal(t, exitUsage, bad.code)
	require.Contains(t, bad.err, `"beauty" is no feature`)
	require.Equal(t, exitUsage, askdesk(t, nil, "eval", "weights", shop).code)
}
