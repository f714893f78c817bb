package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
)

func TestHintsCanBeTypedAsTheyStand(t *testing.T) {
	for executable, want := range map[string]string{
		"/tmp/go-build2045302439/b001/exe/askdesk":                                                            fromSource,
		"/root/.cache/go-build/92/92c7cf28dc43b1c1812c41ebfc9316e3101d297c39c51ec4d6a882a0893459e0-d/askdesk": fromSource,
		"/tmp/go-build2045302439/b001/askdesk.test":                                                           installed,
		"/home/ada/go-build/bin/askdesk":                                                                      installed,
		"/usr/local/bin/askdesk":                                                                              installed,
		"":                                                                                                    installed,
	} {
		require.Equal(t, want, programOf(executable), executable)
	}
	require.Equal(t, "askdesk ingest FOLDER", typed(installed, "ingest FOLDER", "askdesk-data"))
	require.Equal(t, "go run ./cmd/askdesk serve --data /srv/a", typed(fromSource, "serve", "/srv/a"))
	require.Equal(t, `askdesk serve --data "my data"`, typed(installed, "serve", "my data"))
}

func TestTheFirstKeySaysWhatItChanges(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := askdesk(t, nil, "keys", "create", "--name", "desk", "--data", data)
	require.Equal(t, exitDone, first.code, first.err)
	require.Contains(t, first.err, "/login")
	require.Contains(t, first.err, "askdesk keys create --name NAME --role admin --data "+data)
	second := askdesk(t, nil, "keys", "create", "--name", "bot", "--data", data)
	require.NotContains(t, second.err, "/login")
	require.Contains(t, second.err, "no admin key")
	admin := askdesk(t, nil, "keys", "create", "--name", "boss", "--role", "admin", "--data", data)
	require.NotContains(t, admin.err, "no admin key")
}

func TestAKeyIsBoundToKnowledgeBasesThatAreThere(t *testing.T) {
	t.Parallel()
	none := t.TempDir()
	r := askdesk(t, nil, "keys", "create", "--name", "early", "--kb", "support,wiki", "--data", none)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.err, "before there is one named support or wiki")
	require.Contains(t, r.err, "askdesk ingest PATH --kb support --data "+none)

	data, _ := library(t)
	r = askdesk(t, nil, "keys", "create", "--name", "y", "--kb", "default,nosuch", "--data", data)
	require.Equal(t, exitFailed, r.code)
	require.Empty(t, r.out)
	require.Contains(t, r.err, `There is no knowledge base "nosuch". There is: default.`)
	require.NotContains(t, askdesk(t, nil, "keys", "list", "--data", data).out, "nosuch")
	r = askdesk(t, nil, "keys", "create", "--name", "y", "--kb", "default", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
}

func TestCitationsArePrintedInTheOrderOfTheirNumbers(t *testing.T) {
	var out bytes.Buffer
	a := &app{terminal: terminal{out: &out, err: new(bytes.Buffer)}}
	a.printAnswer(answer.Answer{
		Text: "Yes. [2] No. [1]", Band: answer.BandAnswer,
		Passages:  []kb.Passage{{Document: kb.Document{Title: "First"}}, {Document: kb.Document{Title: "Second"}}},
		Citations: []kb.Citation{{N: 2, Passage: 1}, {N: 1, Passage: 0}, {N: 2, Passage: 1}},
	})
	require.Regexp(t, `(?s)\[1\] First.*\n\[2\] Second[^\n]*\n$`, out.String())
}

func TestDoctorCountsWhatAnswersNothing(t *testing.T) {
	t.Parallel()
	data, docs := newLibrary(t)
	for name, text := range map[string]string{
		"old.md":    "---\nvalid_until: 2020-01-01\n---\n# Old\n\nText.\n",
		"next.md":   "---\nvalid_from: 2120-01-01\n---\n# Next\n\nText.\n",
		"broken.md": "a\x00\x01\x02\x03b",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(docs, name), []byte(text), 0o600))
	}
	r := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "manual")
	require.Equal(t, exitPartial, r.code)
	require.Contains(t, r.err, "old.md: expired on 2020-01-01, so it answers nothing")
	require.Contains(t, r.err, "next.md: answers nothing before 2120-01-01")
	a := &app{terminal: terminal{out: io.Discard, err: io.Discard}}
	cfg := config.Default()
	cfg.Data, cfg.Embedder.Kind = data, config.None
	require.NoError(t, a.withConfig(t.Context(), cfg, func(ctx context.Context, s *service) error {
		list := s.examineBases(ctx)
		require.Len(t, list, 1)
		require.True(t, list[0].OK)
		require.Regexp(t, `^4 documents, \d+ chunks, 1 failed, 1 expired, 1 not yet valid$`, list[0].Text)
		return nil
	}))
}

func TestServeSaysThatTheModelIsAway(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("model: away\nmodels: {away: {base_url: 'http://127.0.0.1:9/v1', model: m}}\n"), 0o600))
	data := t.TempDir()
	p := start(t, "serve", "--data", data, "--config", file, "--addr", "127.0.0.1:0")
	require.Eventually(t, func() bool { return strings.Contains(p.text(), "The model away is not there") }, 20*time.Second, 10*time.Millisecond)
	require.Contains(t, p.text(), "askdesk doctor --data "+data)
	require.Equal(t, 0, p.stop(t), p.text())
}
