package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// embeddings is a small server with OpenAI's /v1/embeddings.
type embeddings struct {
	*httptest.Server
	dim   func(text string) int // of the vectors of a request, by its first text
	texts atomic.Int64          // that were embedded

	refuses string // what is in no text that it embeds; "" for none
}

func newEmbeddings(t *testing.T, dim int) *embeddings {
	t.Helper()
	e := &embeddings{dim: func(string) int { return dim }}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Input []string }
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			return
		}
		if e.refuses != "" && strings.Contains(strings.Join(in.Input, "\n"), e.refuses) {
			http.Error(w, `{"error": {"message": "invalid token"}}`, http.StatusBadRequest)
			return
		}
		if in.Input[0] != "probe" {
			e.texts.Add(int64(len(in.Input)))
		}
		vectors, err := kbtest.Embedder{Dim: e.dim(in.Input[0])}.Embed(r.Context(), kb.EmbedDocument, in.Input)
		if err != nil {
			return
		}
		type one struct {
			Index     int       `json:"index"`
			Embedding kb.Vector `json:"embedding"`
		}
		out := struct {
			Model string `json:"model"`
			Data  []one  `json:"data"`
		}{Model: "words"}
		for i, v := range vectors {
			out.Data = append(out.Data, one{i, v})
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(e.Close)
	return e
}

// bench is a data folder and an embedder to go to.
type bench struct {
	t          *testing.T
	data, docs string
	settings   string
	address    string // of Qdrant
	prefix     string // of collections
	big        *embeddings
}

func newBench(t *testing.T, kind, address string) *bench {
	t.Helper()
	b := &bench{
		t: t, address: address, big: newEmbeddings(t, 32), settings: filepath.Join(t.TempDir(), "c.yaml"), data: t.TempDir(), docs: t.TempDir(),
		prefix: fmt.Sprintf("bench-%d-%d", os.Getpid(), rand.Uint32()),
	}
	b.configure(kind, address, b.big.URL)
	return b
}

// withArticles fills it.
func (b *bench) withArticles() *bench {
	b.t.Helper()
	b.write("returns.md", "# Returns\n\nA tool may be returned within 45 days.\n")
	b.write("codes.md", "# Error codes\n\n## PX-204\n\nPX-204 means that the filter is clogged. Rinse it under warm water.\n")
	b.do(exitDone, "ingest", b.docs)
	return b
}

func (b *bench) configure(kind, address, big string) {
	text := "rate: 1000000\nindex: {kind: " + kind + ", qdrant: {address: '" + address + "', prefix: " + b.prefix + "}}\nembedder: {kind: builtin}\n"
	if big != "" {
		text += "embedders:\n  big: {base_url: '" + big + "/v1', model: words}\n  other: {kind: none}\n"
	}
	require.NoError(b.t, os.WriteFile(b.settings, []byte(text), 0o600))
}

func (b *bench) write(name, text string) {
	require.NoError(b.t, os.WriteFile(filepath.Join(b.docs, name), []byte(text), 0o600))
}

func (b *bench) do(code int, args ...string) result {
	b.t.Helper()
	r := askdesk(b.t, nil, append(args, "--data", b.data, "--config", b.settings)...)
	require.Equal(b.t, code, r.code, "%v: %s%s", args, r.out, r.err)
	return r
}

// finds says what a search has in its passages, and which notices it came with.
func (b *bench) finds(text string) (passages, notices string) {
	b.t.Helper()
	var found struct {
		Passages []struct{ Text string }
		Notices  []struct{ Code, Message string }
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.do(exitDone, "search", text, "--json").out), &found))
	for _, p := range found.Passages {
		passages += p.Text + "\n"
	}
	for _, n := range found.Notices {
		notices += n.Code + " " + n.Message + "\n"
	}
	return passages, notices
}

func (b *bench) states() (list []indexState) {
	b.t.Helper()
	require.NoError(b.t, json.Unmarshal([]byte(b.do(exitDone, "index", "status", "--json").out), &list))
	return list
}

func TestAnIndexGetsAnotherEmbedder(t *testing.T) {
	t.Parallel()
	t.Run("local", func(t *testing.T) { t.Parallel(); changeEmbedder(newBench(t, "local", "127.0.0.1:1").withArticles()) })
	t.Run("qdrant", func(t *testing.T) {
		t.Parallel()
		server := pointstest.Start(t)
		client, err := points.Open(points.Options{Address: server.Address()})
		require.NoError(t, err)
		defer func() { require.NoError(t, client.Close()) }()
		b := newBench(t, "qdrant", server.Address()).withArticles()
		alias := func() string {
			all, err := client.Aliases(t.Context())
			require.NoError(t, err)
			require.Len(t, all, 1)
			return all[b.prefix+".default"]
		}
		before := alias()
		require.Contains(t, before, b.states()[0].Version)
		changeEmbedder(b)
		require.Contains(t, alias(), b.states()[0].Version)
		require.NotEqual(t, before, alias())
		list, err := client.Collections(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, []string{alias()}, list, "what was discarded is gone")
	})
}

func changeEmbedder(b *bench) {
	t := b.t
	b.do(exitFailed, "index", "switch")
	b.do(exitFailed, "index", "discard")
	require.Contains(t, b.do(exitUsage, "index", "reindex", "--embedder", "huge").err, "default, big, other")
	require.Contains(t, b.do(exitFailed, "index", "reindex", "--embedder", "default").err, "has the embedder default already")

	questions := filepath.Join(t.TempDir(), "q.jsonl")
	require.NoError(t, os.WriteFile(questions, []byte(`{"id":"r","question":"When may a tool be returned?","answerable":true,"gold":["returns.md"],"must":["45 days"]}
{"id":"c","question":"What does PX-204 mean?","answerable":true,"gold":["codes.md"],"must":["clogged"]}
`), 0o600))
	var r reindexed
	require.NoError(t, json.Unmarshal([]byte(b.do(exitDone, "index", "reindex", "--embedder", "big", "--questions", questions, "--json").out), &r))
	require.Equal(t, 2, r.Documents)
	require.Contains(t, r.Model, "words")
	require.Len(t, r.Compared.Indexes, 2)
	require.Equal(t, 2, r.Compared.Indexes[0].First.Of)
	require.Equal(t, "big", r.Compared.Indexes[1].Embedder)
	table := b.do(exitDone, "index", "reindex", "--embedder", "big", "--questions", questions).out
	require.Contains(t, table, "0 documents")
	require.Contains(t, table, "right passage first")
	require.Contains(t, b.do(exitFailed, "index", "reindex", "--embedder", "other").err, "stands beside")
	require.Contains(t, b.do(exitFailed, "index", "rollback").err, "askdesk index switch")
	require.Contains(t, b.do(exitFailed, "index", "copy", "--to", map[string]string{"local": "qdrant", "qdrant": "local"}[b.states()[0].Backend]).err, "askdesk index discard")

	// What is written until the switch comes along.
	b.write("returns.md", "# Returns\n\nA tool may be returned within 60 days.\n")
	b.write("deposit.md", "# Deposit\n\nThe deposit is 20 euros.\n")
	require.NoError(t, os.Remove(filepath.Join(b.docs, "codes.md")))
	b.do(exitDone, "ingest", b.docs, "--prune", "--yes")
	require.Contains(t, b.do(exitDone, "index", "status").out, "beside, 3 documents behind")
	embedded := b.big.texts.Load()
	require.Contains(t, b.do(exitDone, "index", "switch").out, "embedder big")
	require.Equal(t, embedded+2, b.big.texts.Load(), "what was written, and nothing twice")
	b.do(exitDone, "index", "verify")
	passages, notices := b.finds("returned deposit PX-204")
	require.Contains(t, passages, "60 days")
	require.Contains(t, passages, "20 euros")
	require.NotContains(t, passages, "clogged")
	require.Empty(t, notices, "questions are embedded as the index is")
	require.Contains(t, b.do(exitDone, "ingest", b.docs).err, "up to date", "nothing is read again")
	require.Contains(t, b.do(exitFailed, "index", "switch").err, "askdesk index rollback")

	// And what is written after it comes back.
	b.write("returns.md", "# Returns\n\nA tool may be returned within 90 days.\n")
	require.NoError(t, os.Remove(filepath.Join(b.docs, "deposit.md")))
	b.do(exitDone, "ingest", b.docs, "--prune", "--yes")
	require.Contains(t, b.do(exitDone, "index", "status").out, "the one before, 2 documents behind")
	require.Contains(t, b.do(exitDone, "index", "rollback").out, "embedder default")
	b.do(exitDone, "index", "verify")
	passages, notices = b.finds("returned deposit")
	require.Contains(t, passages, "90 days")
	require.NotContains(t, passages, "20 euros")
	require.Empty(t, notices)
	require.Contains(t, b.do(exitDone, "ingest", b.docs).err, "up to date")

	b.do(exitDone, "index", "switch")
	require.Equal(t, "big", b.states()[0].Profile)
	b.do(exitDone, "doctor")
	b.do(exitDone, "index", "discard")
	require.Len(t, b.states(), 1)
	passages, _ = b.finds("returned")
	require.Contains(t, passages, "90 days")
}

func TestASettingThatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	b.configure("local", "127.0.0.1:1", newEmbeddings(t, 16).URL)
	require.Contains(t, b.do(exitFailed, "index", "switch").err, "the embedder big is")
	b.configure("local", "127.0.0.1:1", b.big.URL)
	b.do(exitDone, "index", "switch")
	b.configure("local", "127.0.0.1:1", "")
	passages, notices := b.finds("returned")
	require.Contains(t, passages, "45 days")
	require.Contains(t, notices, "dense_unavailable")
	require.Contains(t, notices, "set embedders.big again")
	require.Contains(t, b.do(exitFailed, "ingest", b.docs).err, "set embedders.big again")
	require.Contains(t, b.do(exitFailed, "doctor").out, "set embedders.big again")
	b.do(exitDone, "index", "rollback")
	_, notices = b.finds("returned")
	require.Empty(t, notices)
}

func TestAnEmbedderThatIsAwayDisturbsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "big")
	b.big.Close()
	b.write("deposit.md", "# Deposit\n\nThe deposit is 30 euros.\n")
	b.do(exitDone, "ingest", b.docs)
	b.do(exitFailed, "index", "switch")
	passages, _ := b.finds("deposit")
	require.Contains(t, passages, "30 euros")
	b.do(exitDone, "index", "discard")
}

func TestWhatIsNotWholeIsNotSwitchedTo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "local", "127.0.0.1:1").withArticles()
	b.do(exitDone, "index", "reindex", "--embedder", "other")
	beside := b.states()[1]
	require.True(t, beside.Newer)
	// The one beside lost a document and has another one that it should not have.
	require.NoError(t, os.RemoveAll(filepath.Join(b.data, "index", "default", beside.Version+".db")))
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "verify")
	passages, _ := b.finds("PX-204 returned")
	require.Contains(t, passages, "45 days")
	require.Contains(t, passages, "clogged")

	b.do(exitDone, "index", "rollback")
	require.NoError(t, os.RemoveAll(filepath.Join(b.data, "index", "default", b.states()[0].Version+".db")))
	b.write("deposit.md", "# Deposit\n\nThe deposit is 20 euros.\n")
	b.do(exitDone, "ingest", b.docs)
	b.do(exitDone, "index", "switch")
	b.do(exitDone, "index", "verify")
}
