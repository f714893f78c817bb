package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAKeyGoesToNoOtherAddress(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		require.Fail(t, "the redirect was followed")
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer secret")
	res, err := direct().Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusTemporaryRedirect, res.StatusCode)
}

// Where there are several knowledge bases and none is meant, they are named, and nobody is
// told to make another one.
func TestWhichOfSeveralBasesIsAsked(t *testing.T) {
	data, docs := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(docs, "a.md"), []byte("# Returns\n\nA tool may be returned within 45 days.\n"), 0o600))
	require.Contains(t, run(nil, "index", "verify", "--data", data).err, "askdesk ingest")
	for _, name := range []string{"shop", "desk"} {
		require.Equal(t, exitDone, run(nil, "ingest", docs, "--kb", name, "--data", data).code)
	}
	for _, args := range [][]string{{"index", "verify"}, {"search", "returned"}} {
		r := run(nil, append(args, "--data", data)...)
		require.Equal(t, exitUsage, r.code)
		require.Contains(t, r.err, "say which with --kb. There is: desk, shop.")
	}
	require.Equal(t, exitDone, run(nil, "index", "verify", "--kb", "shop", "--data", data).code)
}
