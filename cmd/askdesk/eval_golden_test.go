package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/testdata/helpcentre"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rankingGolden says where the right passage of each question of the sample help
// centre stands, so that a change of ranking can be read.
const rankingGolden = "../../testdata/helpcentre/ranking.golden"

func TestRankingOfTheHelpCentre(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data, cfg.Embedder.Kind = filepath.Join(t.TempDir(), "data"), config.Builtin
	a := &app{terminal: terminal{err: new(bytes.Buffer), env: func(string) string { return "" }}}
	var got string
	require.NoError(t, a.withConfig(t.Context(), cfg, func(ctx context.Context, s *service) error {
		left := ingestArticles(ctx, t, s)
		f, err := helpcentre.Files.Open("questions.jsonl")
		require.NoError(t, err)
		questions, err := eval.LoadQuestions(f)
		require.NoError(t, err)
		questions = slices.DeleteFunc(questions, func(q eval.Question) bool {
			return !q.Answerable || q.Kind == eval.KindFollowUp || !slices.ContainsFunc(q.Gold, func(path string) bool { return !left[path] })
		})
		report, err := eval.Run(ctx, eval.Options{Questions: questions, Retriever: s.retriever})
		got = ranking(report)
		return err
	}))
	if *update {
		require.NoError(t, os.WriteFile(rankingGolden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(rankingGolden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "ranking has changed: go test ./cmd/askdesk -run TestRanking -update, and read the difference")
}

// ingestArticles reads within this process, so that the test is quick. It returns
// the articles that need another one, which it leaves out.
func ingestArticles(ctx context.Context, t *testing.T, s *service) (left map[string]bool) {
	t.Helper()
	left = map[string]bool{}
	root := t.TempDir()
	require.NoError(t, fs.WalkDir(helpcentre.Files, "articles", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		below := strings.TrimPrefix(name, "articles/")
		if slices.Contains([]string{".pdf", ".docx"}, path.Ext(strings.TrimSuffix(name, ".meta.yaml"))) {
			left[below] = true
			return nil
		}
		data, err := fs.ReadFile(helpcentre.Files, name)
		require.NoError(t, err)
		to := filepath.Join(root, filepath.FromSlash(below))
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		return os.WriteFile(to, data, 0o600)
	}))
	_, err := s.CreateBase(ctx, demoBase)
	require.NoError(t, err)
	pipeline := ingest.New(ingest.Options{
		Index: s.index, Manifest: s.state, Sources: s.state, Reader: extract.New(extract.Options{}), Embedders: s.embedders, Log: s.log,
	})
	report, err := pipeline.Run(ctx, ingest.Request{KB: demoBase, Target: ingest.Target{Source: "articles", Root: root}})
	require.NoError(t, err)
	require.Zero(t, report.Counts.Failed)
	return left
}

// ranking is one line a question, below the figures of all: the place of the
// right passage among five, and the question.
func ranking(report eval.Report) string {
	var lines strings.Builder
	one, five, reciprocal := 0.0, 0.0, 0.0
	for _, r := range report.Results {
		place := "-"
		if r.RightAt > 0 {
			place = fmt.Sprint(r.RightAt)
			five++
			reciprocal += 1 / float64(r.RightAt)
		}
		if r.RightAt == 1 {
			one++
		}
		fmt.Fprintf(&lines, "%s  %s  %-10s  %s\n", place, r.Question.ID, r.Question.Kind, r.Question.Text)
	}
	n := float64(len(report.Results))
	return fmt.Sprintf("recall@1 %.3f  recall@5 %.3f  MRR %.3f  of %.0f questions\n\n%s", one/n, five/n, reciprocal/n, n, lines.String())
}
