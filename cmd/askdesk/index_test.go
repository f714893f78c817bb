package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// nobody is an address that nothing listens on.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// onQdrant is a settings file for a Qdrant server.
func onQdrant(t *testing.T, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("index: {kind: qdrant, qdrant: {address: '"+address+"'}}\n"), 0o600))
	return file
}

func TestABaseOfTheOtherIndexIsNotAnEmptyOne(t *testing.T) {
	t.Parallel()
	const kept = `"default" is kept in the local index, and index.kind is qdrant: set index.kind: local`
	data, docs := library(t)
	compiled(t, data)
	settings := onQdrant(t, nobody(t))
	for _, args := range [][]string{{"search", "PX-204"}, {"ask", "what does px-204 mean"}, {"ingest", docs}, {"doctor"}} {
		r := once(t, append(args, "--data", data, "--config", settings)...)
		require.Equal(t, exitFailed, r.code, r.out)
		require.Contains(t, r.out+r.err, kept, "%v", args)
	}
	p := start(t, "serve", "--data", data, "--config", settings, "--addr", "127.0.0.1:0")
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/readyz", ""},
		{"POST", "/v1/search", `{"query":"returns"}`},
		{"POST", "/v1/answers", `{"question":"returns?"}`},
		{"DELETE", "/v1/knowledge-bases/default", ""},
	} {
		body := p.request(t, r.method, r.path, "application/json", strings.NewReader(r.body), http.StatusServiceUnavailable)
		require.Contains(t, string(body), "kept in the local index", "%s %s", r.method, r.path)
	}
	require.Equal(t, exitDone, p.stop(t), p.text())
	require.Contains(t, once(t, "search", "PX-204", "--data", data).out, "1. Error codes > PX-204", "nothing was lost")
}

func TestQdrantAwayIsSaid(t *testing.T) {
	t.Parallel()
	data, away := t.TempDir(), nobody(t)
	compiled(t, data)
	settings := onQdrant(t, away)
	r := once(t, "doctor", "--data", data, "--config", settings)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "FIX  qdrant")
	require.Contains(t, r.out, "Qdrant at "+away+" cannot be reached")

	p := start(t, "serve", "--data", data, "--config", settings, "--addr", "127.0.0.1:0")
	body := p.request(t, "GET", "/readyz", "", nil, http.StatusServiceUnavailable)
	require.Contains(t, string(body), "cannot be reached")
	p.request(t, "GET", "/healthz", "", nil, http.StatusOK)
	require.Equal(t, exitDone, p.stop(t), p.text())
}

func TestAServiceOutlivesItsQdrant(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	compiled(t, data)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(docs, name), []byte(text), 0o600))
	}
	write("a.md", "# Returns\n\nA tool may be returned within 45 days.\n")
	remote := pointstest.Start(t)
	settings := onQdrant(t, remote.Address())
	onIt := func(args ...string) result { return once(t, append(args, "--data", data, "--config", settings)...) }
	require.Equal(t, exitDone, onIt("ingest", docs).code)
	r := onIt("doctor")
	require.Equal(t, exitDone, r.code, r.out)
	require.Contains(t, r.out, remote.Address()+" is Qdrant 1.18.3, and asks for no key")

	p := start(t, "serve", "--data", data, "--config", settings, "--addr", "127.0.0.1:0")
	ask := func() (later, body string) {
		resp, err := http.Post(p.address+"/v1/answers", "application/json", strings.NewReader(`{"question":"When may a tool be returned?"}`))
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.Header.Get("Retry-After"), string(text)
	}
	_, body := ask()
	require.Contains(t, body, "45 days")
	p.request(t, "GET", "/readyz", "", nil, http.StatusOK)

	remote.Stop()
	later, body := ask()
	require.NotEmpty(t, later)
	require.Contains(t, body, `"status":503`)
	require.Contains(t, body, "cannot be reached")
	require.Eventually(t, func() bool {
		resp, err := http.Get(p.address + "/readyz")
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	}, 10*time.Second, 20*time.Millisecond)
	write("b.md", "# Deposit\n\nThe deposit is 20 euros.\n")
	waiting := make(chan result, 1)
	go func() { waiting <- onIt("ingest", docs) }()
	require.Never(t, func() bool { return len(waiting) > 0 }, time.Second, 20*time.Millisecond, "it waits")

	remote.Start()
	r = <-waiting
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, 1, strings.Count(r.err, "Waiting: Qdrant at "+remote.Address()+" cannot be reached: check that it runs, and index.qdrant.address. It is tried again for about 15s."), r.err)
	require.Contains(t, r.err, "1 added")
	require.Eventually(t, func() bool {
		resp, err := http.Get(p.address + "/readyz")
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
	_, body = ask()
	require.Contains(t, body, "45 days")
	require.Equal(t, exitDone, p.stop(t))
}

func TestWhatQdrantLostIsSaidAndHealed(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	compiled(t, data)
	require.NoError(t, os.WriteFile(filepath.Join(docs, "a.md"), []byte("# Returns\n\nA tool may be returned within 45 days.\n"), 0o600))
	full, empty := onQdrant(t, pointstest.Start(t).Address()), onQdrant(t, pointstest.Start(t).Address())
	require.Equal(t, exitDone, once(t, "ingest", docs, "--data", data, "--config", full).code)
	r := once(t, "search", "returned", "--data", data, "--config", empty)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, `The collection of the knowledge base "default" is not in Qdrant: check index.qdrant.address`)
	require.Contains(t, r.err, "askdesk index verify --repair --yes --kb default")

	require.Contains(t, once(t, "doctor", "--data", data, "--config", empty).out, `FIX  index of default       The collection of "default" is not in Qdrant`)
	r = once(t, "index", "verify", "--repair", "--data", data, "--config", empty)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "check index.qdrant.address")
	require.Contains(t, once(t, "search", "returned", "--data", data, "--config", full).out, "45 days", "it was another Qdrant that was asked")

	require.Equal(t, exitPartial, once(t, "index", "verify", "--repair", "--yes", "--data", data, "--config", empty).code)
	require.Equal(t, exitDone, once(t, "ingest", docs, "--data", data, "--config", empty).code)
	require.Contains(t, once(t, "search", "returned", "--data", data, "--config", empty).out, "45 days")
}

func TestAServerIsAskedOnceASecond(t *testing.T) {
	now, asked := time.Unix(0, 0), 0
	var answer error
	w := &watch{now: func() time.Time { return now }, check: func(ctx context.Context) (string, error) {
		asked++
		_, limited := ctx.Deadline()
		require.True(t, limited)
		require.NoError(t, ctx.Err(), "one who leaves does not tell others that the server is away")
		return "1.18.3", answer
	}}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 3 {
		version, err := w.ask(gone)
		require.NoError(t, err)
		require.Equal(t, "1.18.3", version)
	}
	require.Equal(t, 1, asked)
	for _, answer = range []error{kb.Errorf(kb.Unavailable, "It is away."), kb.Errorf(kb.Timeout, "It is away."), kb.Wrap(kb.RateLimited, errors.New("busy"), "It is away.")} {
		now = now.Add(askAgain)
		_, err := w.ask(t.Context())
		require.Equal(t, kb.Unavailable, kb.CodeOf(err), "whatever it is, a probe is told to come again")
		require.Equal(t, "It is away.", kb.MessageOf(err))
	}
	require.Equal(t, 4, asked)
}
