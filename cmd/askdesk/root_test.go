package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
)

// result is what a command line printed and returned.
type result struct {
	code     int
	out, err string
}

// askdesk runs one command line in this process, in an environment of its own.
func askdesk(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	return run(env, args...)
}

func run(env map[string]string, args ...string) result {
	var out, errs bytes.Buffer
	code := execute(context.Background(), terminal{
		in: new(bytes.Buffer), out: &out, err: &errs,
		env: func(key string) string { return env[key] },
	}, args)
	return result{code, out.String(), errs.String()}
}

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, exitDone},
		{errors.New("disk"), exitFailed},
		{kb.Errorf(kb.NotFound, "no such base"), exitFailed},
		{kb.Errorf(kb.Invalid, "no such tone"), exitUsage},
		{usageError{errors.New("unknown flag")}, exitUsage},
		{fmt.Errorf("ingest: %w", errPartial), exitPartial},
	} {
		require.Equal(t, tc.want, exitCode(tc.err), "%v", tc.err)
	}
}

func TestACauseIsSaidOnce(t *testing.T) {
	missing := &fs.PathError{Op: "mkdir", Path: "/x", Err: errors.New("no such file or directory")}
	for want, err := range map[string]error{
		"disk": errors.New("disk"),
		"Cannot read it. (mkdir /x: no such file or directory)":   kb.Wrap(kb.NotFound, missing, "Cannot read it."),
		"/x cannot be made (no such file or directory). Move it.": kb.Wrap(kb.Invalid, missing, "/x cannot be made (no such file or directory). Move it."),
		"a.yaml: line 1":     kb.Wrap(kb.Invalid, errors.New("line 1\n"), "a.yaml: line 1"),
		"Wait (line 1\n  ^)": kb.Wrap(kb.Invalid, errors.New("line 1\n  ^\n"), "Wait"),
	} {
		require.Equal(t, want, describe(err))
	}
}

func TestWrongUsageSaysWhereToLook(t *testing.T) {
	for _, args := range [][]string{{"--nonsense"}, {"config", "init", "a", "b"}, {"serve", "--nonsense"}} {
		r := askdesk(t, nil, args...)
		require.Equal(t, exitUsage, r.code, "%v: %s", args, r.err)
		require.Contains(t, r.err, "--help")
		require.Empty(t, r.out)
	}
	require.Equal(t, exitUsage, askdesk(t, nil, "explode").code)
}

func TestConfigShowsOriginsAndHidesSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	r := askdesk(t, nil, "config", "init")
	require.Equal(t, exitDone, r.code, r.err)
	again := askdesk(t, nil, "config", "init")
	require.Equal(t, exitFailed, again.code)
	require.Contains(t, again.err, "exists already")

	r = askdesk(t, map[string]string{"OPENAI_API_KEY": "sk-very-secret", "ASKDESK_RATE": "2"}, "config", "--json", "--data", "elsewhere")
	require.Equal(t, exitDone, r.code, r.err)
	require.NotContains(t, r.out, "sk-very-secret")
	var list []config.Setting
	require.NoError(t, json.Unmarshal([]byte(r.out), &list))
	require.Contains(t, list, config.Setting{Key: "data", Value: "elsewhere", From: "flag"})
	require.Contains(t, list, config.Setting{Key: "rate", Value: "2", From: "ASKDESK_RATE"})
	require.Contains(t, list, config.Setting{Key: "models.openai.api_key", Value: "********", From: "OPENAI_*"})
}

func TestBadConfigFileIsWrongUsage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(path, []byte("mdel: x\n"), 0o600))
	r := askdesk(t, nil, "config", "--config", path)
	require.Equal(t, exitUsage, r.code)
	require.Equal(t, 1, strings.Count(r.err, "unknown field"), r.err)
	require.Contains(t, r.err, "mdel")
}
