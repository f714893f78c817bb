package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// settingsOf is a settings file for an index of a kind that may be moved to a server.
func settingsOf(t *testing.T, kind, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("index: {kind: "+kind+", qdrant: {address: '"+address+"'}}\n"), 0o600))
	return file
}

func TestAnIndexMovesToQdrantAndBack(t *testing.T) {
	t.Parallel()
	server := pointstest.Start(t)
	here, there := settingsOf(t, "local", server.Address()), settingsOf(t, "qdrant", server.Address())
	data, _ := library(t)
	do := func(code int, args ...string) result {
		t.Helper()
		r := askdesk(t, nil, append(args, "--data", data)...)
		require.Equal(t, code, r.code, "%v: %s%s", args, r.out, r.err)
		return r
	}
	type found struct {
		Passages []struct {
			Text      string
			Relevance float64
			Document  string
		}
	}
	search := func(settings string) (f found) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(do(exitDone, "search", "what does PX-204 mean", "--json", "--config", settings).out), &f))
		require.NotEmpty(t, f.Passages)
		return f
	}
	same := func(want, got found) {
		t.Helper()
		require.Len(t, got.Passages, len(want.Passages))
		for i, p := range want.Passages {
			require.Equal(t, p.Text, got.Passages[i].Text)
			require.Equal(t, p.Document, got.Passages[i].Document)
			require.InDelta(t, p.Relevance, got.Passages[i].Relevance, 1e-4)
		}
	}
	before := search(here)
	require.Contains(t, do(exitDone, "index", "status", "--config", here).out, "in use")

	r := do(exitDone, "index", "copy", "--to", "qdrant", "--config", here)
	require.Contains(t, r.out, "are in the qdrant index now")
	require.Contains(t, r.err, "Set index.kind: qdrant")
	require.Contains(t, do(exitFailed, "search", "PX-204", "--config", here).err, "askdesk index copy --kb default --to local")
	require.NoDirExists(t, filepath.Join(data, "index", "default"))
	same(before, search(there))
	do(exitDone, "index", "verify", "--config", there)
	require.Contains(t, do(exitFailed, "index", "copy", "--to", "qdrant", "--config", there).err, "is in the qdrant index already")

	server.Stop()
	require.Contains(t, do(exitDone, "index", "status", "--config", there).out, "default", "the ledger tells, without the server")
	do(exitFailed, "index", "copy", "--to", "local", "--config", there)
	server.Start()
	var states []indexState
	require.NoError(t, json.Unmarshal([]byte(do(exitDone, "index", "status", "--json", "--config", there).out), &states))
	require.Len(t, states, 2)
	require.True(t, states[0].Current)
	require.Equal(t, "qdrant", states[0].Backend)
	require.False(t, states[1].Current, "the copy that was cut off")

	do(exitDone, "index", "copy", "--to", "local", "--config", there)
	same(before, search(here))
	do(exitDone, "index", "verify", "--config", here)
}

// What is moved answers again when the settings are changed, which is to be done once, when
// all are moved.
func TestAllAreMovedBeforeTheSettings(t *testing.T) {
	t.Parallel()
	settings := settingsOf(t, "local", pointstest.Start(t).Address())
	data, docs := newLibrary(t)
	do := func(args ...string) string {
		t.Helper()
		r := askdesk(t, nil, append(args, "--data", data, "--config", settings)...)
		require.Equal(t, exitDone, r.code, "%v: %s%s", args, r.out, r.err)
		return r.err
	}
	do("ingest", docs, "--kb", "more")
	said := do("index", "copy", "--to", "qdrant", "--kb", "default")
	require.Contains(t, said, "It answers 503 until all are moved and index.kind is changed. Go on with: askdesk index copy --kb more --to qdrant")
	require.NotContains(t, said, "Set index.kind")
	require.Contains(t, do("index", "copy", "--to", "qdrant", "--kb", "more"), "It answers 503 until index.kind is changed. Set index.kind: qdrant")
}

func TestVerifyMendsALostCollection(t *testing.T) {
	t.Parallel()
	server := pointstest.Start(t)
	there := settingsOf(t, "qdrant", server.Address())
	data := filepath.Join(t.TempDir(), "data")
	_, docs := library(t)
	do := func(code int, args ...string) result {
		t.Helper()
		r := askdesk(t, nil, append(args, "--data", data, "--config", there)...)
		require.Equal(t, code, r.code, "%v: %s%s", args, r.out, r.err)
		return r
	}
	do(exitDone, "ingest", docs)
	do(exitDone, "index", "verify")
	client, err := points.Open(points.Options{Address: server.Address()})
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	list, err := client.Collections(t.Context(), "askdesk.default.")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, client.Drop(t.Context(), list[0]))

	r := do(exitPartial, "index", "verify")
	require.Contains(t, r.out, "lost")
	require.Contains(t, r.err, "check index.qdrant.address")
	do(exitPartial, "index", "verify", "--repair", "--yes")
	do(exitDone, "ingest", docs)
	require.Contains(t, do(exitDone, "index", "verify").out, "0 not right")
	require.Contains(t, do(exitDone, "search", "PX-204").out, "PX-204")
}

func TestVerifyMendsAnIndex(t *testing.T) {
	t.Parallel()
	data, docs := library(t)
	do := func(code int, args ...string) result {
		t.Helper()
		r := askdesk(t, nil, append(args, "--data", data)...)
		require.Equal(t, code, r.code, "%v: %s%s", args, r.out, r.err)
		return r
	}
	do(exitDone, "index", "verify")
	files, err := filepath.Glob(filepath.Join(data, "index", "default", "*.db"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	db, err := sql.Open("sqlite", files[0])
	require.NoError(t, err)
	_, err = db.Exec("UPDATE chunks SET text = replace(text, 'e', 'i')")
	require.NoError(t, err)
	require.NoError(t, db.Close())

	r := do(exitPartial, "index", "verify")
	require.Contains(t, r.out, "damaged")
	require.Contains(t, r.err, "askdesk index verify --repair --kb default")
	var report verified
	require.NoError(t, json.Unmarshal([]byte(do(exitPartial, "index", "verify", "--repair", "--json").out), &report))
	require.NotEmpty(t, report.Faults)
	require.True(t, report.Repaired)
	r = do(exitPartial, "index", "verify")
	require.Contains(t, r.out, "lost")
	require.Equal(t, "Bring back what is lost with: askdesk ingest PATH --kb default\n", r.err, "a second repair would do nothing")
	do(exitDone, "ingest", docs)
	do(exitDone, "index", "verify")
	require.Contains(t, do(exitDone, "search", "PX-204").out, "PX-204")
}
