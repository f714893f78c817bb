package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// The embedder of the settings was changed, and a file that is gone was not pruned: it
// alone has the vectors of before. The way back stands open all the same.
func TestRollbackWithADocumentOfAnEmbedderBefore(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1")
	b.mainEmbedder("none")
	b.withArticles()
	b.mainEmbedder("builtin")
	require.NoError(t, os.Remove(filepath.Join(b.docs, "codes.md")))
	b.do(exitDone, "ingest", b.docs)
	for range 2 {
		b.do(exitDone, "index", "reindex", "--embedder", "big")
		b.do(exitDone, "index", "switch")
		b.do(exitDone, "index", "rollback")
		b.do(exitDone, "index", "discard")
		b.do(exitDone, "index", "verify")
		found, _ := b.finds("PX-204")
		require.Contains(t, found, "filter is clogged")
	}
}

// Settings with another prefix don't make a base seem lost, and nothing can be lost by them.
func TestAnotherPrefixIsNamed(t *testing.T) {
	b, client := withServer(t)
	made := b.prefix
	b.prefix += "-x"
	b.configure("qdrant", b.address, b.big.URL)
	for _, args := range [][]string{{"search", "returned"}, {"doctor"}, {"index", "verify"}, {"index", "verify", "--repair", "--yes"}, {"ingest", b.docs}, {"index", "reindex", "--embedder", "big"}} {
		r := b.do(exitFailed, args...)
		require.Contains(t, r.out+r.err, "set index.qdrant.prefix: "+made, "%v", args)
	}
	require.Contains(t, b.do(exitDone, "index", "status").out, "set index.qdrant.prefix: "+made)
	list, err := client.Collections(t.Context(), made)
	require.NoError(t, err)
	require.Len(t, list, 1)
	b.prefix = made
	b.configure("qdrant", b.address, b.big.URL)
	found, _ := b.finds("tool returned")
	require.Contains(t, found, "45 days")
	b.do(exitDone, "index", "verify")
}

func (b *bench) mainEmbedder(kind string) {
	text := "rate: 1000000\nembedder: {kind: " + kind + "}\nembedders:\n  big: {base_url: '" + b.big.URL + "/v1', model: words}\n"
	require.NoError(b.t, os.WriteFile(b.settings, []byte(text), 0o600))
}

// withServer is a bench with articles, and a client of its server.
func withServer(t *testing.T) (*bench, *points.Client) {
	t.Helper()
	server := pointstest.Start(t)
	client, err := points.Open(points.Options{Address: server.Address()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return newBench(t, "qdrant", server.Address()).withArticles(), client
}

// collection is that of a version of the bench.
func (b *bench) collection(version string) string {
	return b.prefix + ".default.s2." + version + ".g1"
}

func TestWhatQdrantLostIsNotSwitchedTo(t *testing.T) {
	b, client := withServer(t)
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	list := b.states()
	require.Len(t, list, 2)
	require.NoError(t, client.Drop(t.Context(), b.collection(list[1].Version)))
	require.Contains(t, b.do(exitFailed, "index", "switch").err, "askdesk index discard")
	found, _ := b.finds("tool returned")
	require.Contains(t, found, "45 days")
	b.do(exitDone, "index", "discard")
	b.do(exitDone, "index", "reindex", "--embedder", "big")

	beside, half := b.collection(b.states()[1].Version), points.Select{}
	require.NoError(t, client.Scroll(t.Context(), beside, points.Walk{Whole: true}, func(page []points.Point) error {
		half.Documents = []string{page[0].Chunk.Document}
		return nil
	}))
	require.NoError(t, client.Delete(t.Context(), beside, half))
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "verify")
}

// The switch was cut off before the alias moved: who discards the index before moves it.
func TestDiscardKeepsTheAlias(t *testing.T) {
	b, client := withServer(t)
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	fresh := b.states()[1].Version
	store, err := state.Open(t.Context(), b.data, state.Options{Backend: "qdrant"})
	require.NoError(t, err)
	require.NoError(t, store.Exchange(t.Context(), "default", fresh, ""))
	require.NoError(t, store.Close())
	b.do(exitDone, "index", "discard")
	to, err := client.Aliases(t.Context())
	require.NoError(t, err)
	require.Equal(t, b.collection(fresh), to[b.prefix+".default"])
}

// An upload was written to the index and its process died before the manifest said so:
// that document is no part of the index beside, and the way to that one stands open.
func TestSwitchBesideAnUploadThatWasCutOff(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	store, err := state.Open(t.Context(), b.data, state.Options{})
	require.NoError(t, err)
	doc := kb.Document{ID: kb.DocumentID("default", "upload", "new.md"), KB: "default", Source: "upload", Path: "new.md", Title: "New", Audience: kb.Agent, Language: "en"}
	require.NoError(t, store.Mark(t.Context(), "default", []kb.DocumentInfo{{Document: doc, Status: kb.Reading}}))
	x, err := local.Open(t.Context(), local.Options{Dir: filepath.Join(b.data, "index"), Version: func(ctx context.Context, base string) (string, error) { return store.Version(ctx, base) }})
	require.NoError(t, err)
	doc.Text = "# New\n\nText of it.\n"
	require.NoError(t, x.Replace(t.Context(), "default", []kb.Entry{kbtest.Entry(doc)}))
	require.NoError(t, x.Close())
	require.NoError(t, store.Close())
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "verify")
}

// The server of the new embedder is started again with a model of another size, after
// it was asked which one it has: its vectors are not left out, as those of a text that
// it finds fault with are.
func TestReindexWhileTheEmbedderChanges(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	text := "embedder: {kind: builtin}\nembedders:\n  big: {base_url: '" + b.big.URL + "/v1', model: words, dimensions: 32}\n"
	require.NoError(t, os.WriteFile(b.settings, []byte(text), 0o600))
	usual := b.big.dim
	b.big.dim = func(text string) int {
		if text == "probe" {
			return 32
		}
		return 16
	}
	require.Contains(t, b.do(exitFailed, "index", "reindex", "--embedder", "big").err, "set dimensions to 16")
	b.big.dim = usual
	require.Equal(t, 2, b.states()[1].Behind)
	b.do(exitDone, "index", "switch")
	_, notices := b.finds("returned")
	require.Empty(t, notices)
}

// What a command says to do next can be done.
func TestTheWayOnIsSaid(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	require.Contains(t, b.do(exitDone, "index", "reindex", "--embedder", "big").err, "askdesk index switch")
	b.do(exitDone, "index", "switch")
	require.Contains(t, b.do(exitDone, "index", "reindex", "--embedder", "default").err, "askdesk index rollback")
	b.do(exitDone, "index", "rollback")

	b.configure("local", "127.0.0.1:1", "")
	require.Contains(t, b.do(exitFailed, "index", "switch").err, "askdesk index discard")
	b.configure("local", "127.0.0.1:1", b.big.URL)
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "discard")
	b.configure("local", "127.0.0.1:1", "")
	_, notices := b.finds("returned")
	require.Contains(t, notices, "askdesk index reindex --kb default --embedder NAME")
	b.do(exitDone, "index", "reindex", "--embedder", "default")
	b.do(exitDone, "index", "switch")
	_, notices = b.finds("returned")
	require.Empty(t, notices)
}

// The status of an index is its own: what it has, by which embedder of the settings.
func TestStatusIsOfTheIndex(t *testing.T) {
	b, _ := withServer(t)
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	store, err := state.Open(t.Context(), b.data, state.Options{Backend: "qdrant"})
	require.NoError(t, err)
	require.NoError(t, store.Discard(t.Context(), "default"))
	_, err = store.Place(t.Context(), "default", "big", "words")
	require.NoError(t, err)
	require.NoError(t, store.Close())
	list := b.states()
	require.Equal(t, 2, list[0].Chunks)
	require.Zero(t, list[1].Chunks, "it has none yet, whatever the manifest has")
	out := b.do(exitDone, "index", "status").out
	require.Regexp(t, `default +qdrant +2 +2 +2 +default +askdesk-static`, out)
	require.Regexp(t, `default +qdrant +2 +0 +0 +big +words`, out)

	b.prefix += "-x"
	b.configure("qdrant", b.address, b.big.URL)
	require.Regexp(t, `default +qdrant +2 +\? +\? +default`, b.do(exitDone, "index", "status").out)
}

// One repair removes what a write that was cut off has left, and says so.
func TestOneRepairIsEnough(t *testing.T) {
	b, client := withServer(t)
	collection := b.collection(b.states()[0].Version)
	require.NoError(t, client.Scroll(t.Context(), collection, points.Walk{Whole: true, Vectors: true}, func(page []points.Point) error {
		page[0].ID, page[0].Revision = uuid.NewString(), "of a write that was cut off"
		return client.Upsert(t.Context(), collection, page[:1])
	}))
	r := b.do(exitPartial, "index", "verify")
	require.Contains(t, r.out, "1 chunk that no search finds\n")
	require.Equal(t, "Mend it with: askdesk index verify --repair --kb default\n", r.err)
	r = b.do(exitDone, "index", "verify", "--repair")
	require.Contains(t, r.out, "1 chunk that no search finds: removed\n")
	require.Empty(t, r.err)
	require.NotContains(t, b.do(exitDone, "index", "verify", "--repair").out, "no search finds")
}

// A reindex was killed before it had written anything: the switch finishes it, and says
// that nobody has compared what it brings.
func TestSwitchFinishesAReindex(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	require.NotContains(t, b.do(exitDone, "index", "switch").out, "lacked")
	model := b.states()[0].Embedder
	require.NotContains(t, b.do(exitDone, "index", "rollback").out, "lacked")
	b.do(exitDone, "index", "discard")
	store, err := state.Open(t.Context(), b.data, state.Options{})
	require.NoError(t, err)
	_, err = store.Place(t.Context(), "default", "big", model)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	require.Contains(t, b.do(exitDone, "index", "switch").out, "It lacked 2 of 2 documents")
	b.do(exitDone, "index", "verify")
}

// The embedder in use is in the settings no more: the new index is made all the same, and
// what is said to do next is not what was just done.
func TestReindexWithoutTheEmbedderInUse(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "discard")
	b.configure("local", "127.0.0.1:1", "")
	questions := filepath.Join(t.TempDir(), "q.jsonl")
	require.NoError(t, os.WriteFile(questions, []byte(`{"id":"r","question":"When may a tool be returned?","answerable":true,"gold":["returns.md"],"must":["45 days"]}`), 0o600))
	r := b.do(exitPartial, "index", "reindex", "--embedder", "default", "--questions", questions)
	require.Contains(t, r.err, `The new index is complete. It could not be compared: The index in use has the embedder "big", which the settings lack`)
	require.Contains(t, r.err, "Have it answer with: askdesk index switch")
	require.NotContains(t, r.err, "index reindex")
	var list reindexed
	require.NoError(t, json.Unmarshal([]byte(b.do(exitPartial, "index", "reindex", "--embedder", "default", "--questions", questions, "--json").out), &list))
	require.Contains(t, list.Unable, "embedders.big")
	b.do(exitDone, "index", "switch")
}

// Documents that the index in use has lost are named, and none is said to come by a
// switch.
func TestReindexNamesWhatIsLost(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	require.NoError(t, os.RemoveAll(filepath.Join(b.data, "index", "default")))
	r := b.do(exitPartial, "index", "reindex", "--embedder", "big")
	require.Contains(t, r.out, kb.DocumentID("default", filepath.Base(b.docs), "codes.md"))
	require.NotContains(t, r.out, "behind")
	require.Contains(t, r.err, "0 chunks\nMend the index in use before a switch: askdesk index verify --repair --kb default\n")
	require.Contains(t, b.do(exitFailed, "index", "switch").err, "0 chunks\naskdesk: 2 documents are not whole in the index of \"default\" in use")
	var list reindexed
	require.NoError(t, json.Unmarshal([]byte(b.do(exitPartial, "index", "reindex", "--embedder", "big", "--json").out), &list))
	require.Len(t, list.Lost, 2)
	require.Zero(t, list.Behind)

	b.do(exitPartial, "index", "verify", "--repair")
	b.do(exitDone, "ingest", b.docs)
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "verify")
}

// The new embedder has no vector for one document: it is named and found by words, and
// stops neither a reindex nor an ingest.
func TestADocumentThatTheEmbedderRefuses(t *testing.T) {
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.big.refuses = "PX-204"
	require.Contains(t, b.do(exitPartial, "index", "reindex", "--embedder", "big").out, kb.DocumentID("default", filepath.Base(b.docs), "codes.md"))
	b.do(exitDone, "index", "switch")
	found, _ := b.finds("PX-204")
	require.Contains(t, found, "filter is clogged")
	b.write("more.md", "# More\n\nPX-204 once more.\n")
	b.write("zone.md", "# Zones\n\nThere are two zones.\n")
	require.Contains(t, b.do(exitPartial, "ingest", b.docs).err, "1 added")
	found, _ = b.finds("zones")
	require.Contains(t, found, "two zones")
}

// Qdrant is away, and holds what a discard that was killed has left: a service starts
// nevertheless, and the next one removes it.
func TestAServiceStartsBesideLeftovers(t *testing.T) {
	server := pointstest.Start(t)
	b := newBench(t, "qdrant", server.Address()).withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	store, err := state.Open(t.Context(), b.data, state.Options{Backend: "qdrant"})
	require.NoError(t, err)
	require.NoError(t, store.Discard(t.Context(), "default"))
	require.NoError(t, store.Close())
	server.Stop()
	_, err = binary() // is made before the clock runs
	require.NoError(t, err)
	began := time.Now()
	p := start(t, b.command("serve", "--addr", "127.0.0.1:0")...)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, exitDone, p.stop(t), p.text())
	require.Len(t, b.files(), 2)
	server.Start()
	p = start(t, b.command("serve", "--addr", "127.0.0.1:0")...)
	require.Eventually(t, func() bool { return len(b.files()) == 1 }, 10*time.Second, 20*time.Millisecond)
	require.Len(t, b.collections(false), 1)
	require.Equal(t, exitDone, p.stop(t), p.text())
}

// Load balancers and operators learn of a lost collection before people do.
func TestNotReadyWithoutACollection(t *testing.T) {
	b, client := withServer(t)
	p := start(t, b.command("serve", "--addr", "127.0.0.1:0")...)
	p.request(t, "GET", "/readyz", "", nil, http.StatusOK)
	require.NoError(t, client.Drop(t.Context(), b.collection(b.states()[0].Version)))
	body := p.request(t, "GET", "/readyz", "", nil, http.StatusServiceUnavailable)
	require.Contains(t, string(body), "index.qdrant.address")
	require.Equal(t, exitDone, p.stop(t), p.text())
}
