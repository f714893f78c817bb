package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	require.Equal(t, exitDone, once(t, "keys", "create", "--name", "x", "--data", data).code)
	p := start(t, "serve", "--data", data, "--addr", "0.0.0.0:0")
	_, port, ok := strings.Cut(strings.TrimPrefix(p.address, "http://"), ":")
	require.True(t, ok)
	for _, addr := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port, "localhost:" + port} {
		r := askdesk(t, map[string]string{"ASKDESK_ADDR": addr}, "ping")
		require.Equal(t, exitDone, r.code, r.err)
		require.Equal(t, "ready\n", r.out)
	}
	require.Equal(t, exitDone, p.stop(t))
	r := askdesk(t, nil, "ping", "--addr", "127.0.0.1:"+port)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "No service answers at http://127.0.0.1:"+port)
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:0"} {
		require.Equal(t, exitUsage, askdesk(t, nil, "ping", "--addr", addr).code)
	}
}

func TestPingSaysWhyNot(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":503,"code":"unavailable","detail":"Qdrant is away."}`: "Qdrant is away.",
		"<html>": "is not Askdesk",
		"":       "is not Askdesk",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(body))
		}))
		r := askdesk(t, nil, "ping", "--addr", strings.TrimPrefix(server.URL, "http://"))
		server.Close()
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err, want)
	}
}
