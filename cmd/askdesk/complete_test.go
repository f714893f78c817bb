package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAShellCompletesTheValuesOfFlags(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	own := filepath.Join(data, "styles", "tones")
	require.NoError(t, os.MkdirAll(own, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(own, "pirate.yaml"),
		[]byte("description: Arr.\ninstruction: x\nphrases:\n  en: {greeting: a, no_answer: b, clarify: c}\n"), 0o600))
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("models: {mine: {base_url: 'http://127.0.0.1:9/v1', model: m}}\n"), 0o600))
	complete := func(args ...string) string {
		r := askdesk(t, nil, append([]string{"__complete"}, args...)...)
		require.Equal(t, exitDone, r.code, r.err)
		return r.out
	}
	for _, tc := range []struct{ command, flag, want string }{
		{"ask", "--kb", "default\t2 documents"},
		{"search", "--kb", "default"},
		{"ask", "--tone", "pirate\tArr."},
		{"ask", "--format", "email"},
		{"ask", "--length", "short"},
		{"ask", "--language", "de"},
		{"ask", "--model", "mine"},
		{"serve", "--model", "extractive"},
		{"keys create", "--role", "admin"},
		{"ingest", "--audience", "public"},
		{"prompts preview", "--tone", "formal"},
	} {
		args := append(strings.Fields(tc.command), "--data", data, "--config", file, tc.flag, "")
		require.Contains(t, complete(args...), tc.want, "%s %s", tc.command, tc.flag)
	}
	absent := filepath.Join(t.TempDir(), "absent")
	require.NotContains(t, complete("ask", "--data", absent, "--kb", ""), "default")
	require.NoDirExists(t, absent, "completing makes no data folder")
}
