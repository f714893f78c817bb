package local_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/ingesttest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// versions is the part of the state that an index asks.
type versions map[string]string

func (v versions) version(_ context.Context, base string) (string, error) {
	if id, ok := v[base]; ok {
		return id, nil
	}
	return "", kb.Errorf(kb.NotFound, "There is no knowledge base %q.", base)
}

func help() versions { return versions{"help": "v1"} }

func open(t testing.TB, dir string, v versions) *local.Index {
	t.Helper()
	x, err := local.Open(t.Context(), local.Options{Dir: dir, Version: v.version, Poll: 20 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func fresh(t *testing.T, bases ...string) *local.Index {
	v := versions{}
	for _, base := range bases {
		v[base] = "v1"
	}
	return open(t, t.TempDir(), v)
}

func TestContracts(t *testing.T) {
	t.Run("ingest", func(t *testing.T) {
		ingesttest.Index(t, func(t *testing.T, bases ...string) ingesttest.Subject { return fresh(t, bases...) })
	})
	t.Run("walk", func(t *testing.T) {
		ingesttest.Walk(t, func(t *testing.T, bases ...string) ingesttest.Walkable { return fresh(t, bases...) })
	})
	t.Run("retrieval", func(t *testing.T) {
		retrievaltest.Index(t, func(t *testing.T, bases ...string) retrievaltest.Subject { return fresh(t, bases...) })
	})
}

func query(text string) kb.Query {
	return kb.Query{KB: "help", Text: text, Audience: kb.Agent, AsOf: kbtest.Now, Depth: 50}
}

func search(t *testing.T, x *local.Index, text string) kb.Candidates {
	t.Helper()
	found, err := x.Search(t.Context(), query(text))
	require.NoError(t, err)
	return found
}

func put(t *testing.T, x *local.Index, entries ...kb.Entry) {
	t.Helper()
	require.NoError(t, x.Replace(t.Context(), "help", entries))
}

func entry(path, text string) kb.Entry {
	return kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: path, Title: path, Text: text, Language: "en"})
}

// best is the first chunk's text in the lexical list.
func best(t *testing.T, x *local.Index, text string) string {
	t.Helper()
	for _, c := range retrievaltest.Whole(t, x, query(text)).List {
		if c.Legs.Lexical.Rank == 1 {
			return c.Chunk.Text
		}
	}
	return ""
}

func TestWordsMeet(t *testing.T) {
	x := fresh(t, "help")
	put(t, x,
		entry("a", "Resetting passwords is done by e-mail."),
		entry("b", "Set OLLAMA_HOST or use --dry-run with version v1.2.3."),
		kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "c", Language: "de", Text: "Die Rechnungen kommen monatlich."}),
		kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "d", Language: "es", Text: "Cambie la contraseña."}),
		kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "e", Language: "ja", Text: "請求書を変更する。"}),
		entry("f", "See foo.bar/baz and getUserName on GitHub."),
		kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "g", Text: "Exports of tables"}),
	)
	for text, want := range map[string]string{
		"how do I reset a password": "Resetting", "password": "Resetting", "email": "Resetting", "E-Mail": "Resetting",
		"ollama host": "Set", "OLLAMA_HOST": "Set", "dry run": "Set", "--dry-run": "Set", "1.2.3": "Set", "V1.2.3": "Set",
		"Wo ist meine Rechnung?": "Die", "contrasena": "Cambie", "contraseñas": "Cambie", "請求": "請求書",
		"user name": "See", "github": "See", "baz": "See", "foo.bar/baz": "See", "exporting a table": "Exports",
	} {
		require.Contains(t, best(t, x, text), want, text)
	}
	terms := search(t, x, "OLLAMA_HOST").Query
	require.Len(t, terms, 3)
	require.True(t, terms[0].Identifier)
	require.Equal(t, []string{"ollama_host", "ollama", "host"}, []string{terms[0].Text, terms[1].Text, terms[2].Text})
	require.Contains(t, terms[1].IDs, terms[0].IDs[0], "the whole stands for its parts")
	require.Len(t, search(t, x, "password passwords Password").Query, 1)
}

func TestMissingFileIsAnEmptyBase(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, help())
	require.Empty(t, search(t, x, "refund").List)
	_, err := x.Document(t.Context(), "help", "none")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	_, err = os.Stat(filepath.Join(dir, "help"))
	require.ErrorIs(t, err, os.ErrNotExist, "reading makes no file")
	put(t, open(t, dir, help()), kbtest.HelpCentre("help")...)
	require.NotEmpty(t, search(t, x, "refund").List)
}

func TestDocument(t *testing.T) {
	x := fresh(t, "help")
	strange := entry("strange", "# A\n\nNUL \x00, ü, \u2028, 東京 \U0001F600\n# B\n\n\n# B\n\n\n")
	put(t, x, append(kbtest.HelpCentre("help"), strange, entry("empty", ""))...)
	for _, e := range append(kbtest.HelpCentre("help"), strange, entry("empty", "")) {
		doc, err := x.Document(t.Context(), "help", e.Document.ID)
		require.NoError(t, err)
		require.Equal(t, e.Document, doc)
	}
	_, err := x.Document(t.Context(), "help", "unknown")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func TestBrokenEntriesAreRefused(t *testing.T) {
	x := fresh(t, "help")
	for name, spoil := range map[string]func(*kb.Entry){
		"gap":      func(e *kb.Entry) { e.Chunks = e.Chunks[1:] },
		"rest":     func(e *kb.Entry) { e.Chunks = e.Chunks[:1] },
		"text":     func(e *kb.Entry) { e.Chunks[0].Text = "other" },
		"order":    func(e *kb.Entry) { slices.Reverse(e.Chunks) },
		"document": func(e *kb.Entry) { e.Chunks[0].Document = "other" },
		"model":    func(e *kb.Entry) { e.Chunks[0].Vector = kb.Vector{1} },
	} {
		good, bad := entry("good", "# A\n\nfine\n"), entry("bad", "# A\n\none\n# B\n\ntwo\n")
		spoil(&bad)
		require.Error(t, x.Replace(t.Context(), "help", []kb.Entry{good, bad}), name)
		require.Empty(t, search(t, x, "fine").List, "nothing is stored of a refused call")
	}
}

// plain leaves out what may differ between two files of the same content.
func plain(found kb.Candidates) kb.Candidates {
	for i := range found.Query {
		found.Query[i].IDs = make([]uint32, len(found.Query[i].IDs))
	}
	for i := range found.List {
		found.List[i].Terms = kb.Terms{}
	}
	return found
}

func TestSameContentSameResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, many, changed := open(t, filepath.Join(dir, "1"), help()), open(t, filepath.Join(dir, "2"), help()), open(t, filepath.Join(dir, "3"), help())
	c := retrievaltest.NewCorpus(7)
	var entries, others []kb.Entry
	for n := range 16 {
		entries = append(entries, c.Entry(n, true))
	}
	for n := range 16 {
		others = append(others, c.Entry(n, n%2 == 0))
	}
	for _, list := range [][]kb.Entry{entries, others} {
		for i := range list {
			list[i].Document.KB = "help"
		}
	}
	put(t, one, entries...)
	for _, e := range slices.Backward(entries) {
		put(t, many, e)
	}
	put(t, changed, others...)
	put(t, changed, entries[:8]...)
	require.NoError(t, changed.Delete(t.Context(), "help", []string{entries[12].Document.ID}))
	put(t, changed, entries[8:]...)
	again := open(t, filepath.Join(dir, "2"), help())
	for range 8 {
		q := query(c.Words(6))
		q.Vector, q.Model, q.Depth = retrievaltest.Vectors(q.Text)[0], embedder.Model(), 20
		want, err := one.Search(t.Context(), q)
		require.NoError(t, err)
		want = plain(want)
		require.NotEmpty(t, want.List)
		for _, x := range []*local.Index{many, changed, again} {
			got, err := x.Search(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, want, plain(got))
		}
	}
}

func TestTwoProcessesShareAFolder(t *testing.T) {
	dir := t.TempDir()
	x, y := open(t, dir, help()), open(t, dir, help())
	for i := range 20 {
		writer, reader := x, y
		if i%2 == 1 {
			writer, reader = y, x
		}
		e := entry(fmt.Sprint("doc", i%5), fmt.Sprintf("w%c common\n", 'a'+i))
		put(t, writer, e)
		require.Len(t, search(t, reader, fmt.Sprintf("w%c", 'a'+i)).List, 1)
		require.Len(t, search(t, reader, "common").List, min(i+1, 5))
		if i%7 == 6 {
			require.NoError(t, reader.Delete(t.Context(), "help", []string{e.Document.ID}))
			require.Empty(t, search(t, writer, fmt.Sprintf("w%c", 'a'+i)).List)
			put(t, reader, e)
		}
	}
}

func TestVersionsSwitch(t *testing.T) {
	dir := t.TempDir()
	current := help()
	x := open(t, dir, current)
	put(t, x, entry("a", "apple\n"))
	next := open(t, dir, versions{"help": "v2"})
	put(t, next, entry("b", "pear\n"))
	require.Len(t, search(t, x, "apple").List, 1)
	require.NoError(t, x.Close())
	y := open(t, dir, versions{"help": "v2"})
	require.Empty(t, search(t, y, "apple").List)
	require.Len(t, search(t, y, "pear").List, 1)
	_, err := x.Search(t.Context(), query("apple"))
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "after Close")
}

func TestDroppedBaseIsNotFound(t *testing.T) {
	dir := t.TempDir()
	bases := make(chan versions, 1)
	bases <- help()
	version := func(ctx context.Context, base string) (string, error) {
		v := <-bases
		defer func() { bases <- v }()
		return v.version(ctx, base)
	}
	x, err := local.Open(t.Context(), local.Options{Dir: dir, Version: version, Poll: 10 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	put(t, x, entry("a", "apple\n"))
	other := open(t, dir, help())
	<-bases
	bases <- versions{}
	require.NoError(t, other.Drop(t.Context(), "help"))
	require.NoDirExists(t, filepath.Join(dir, "help"))
	_, err = x.Search(t.Context(), query("apple"))
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	require.Equal(t, kb.NotFound, kb.CodeOf(x.Delete(t.Context(), "help", nil)))
	<-bases
	bases <- versions{"help": "v2"}
	require.Empty(t, search(t, x, "apple").List)
	put(t, x, entry("a", "pear\n"))
	require.Len(t, search(t, x, "pear").List, 1)
}

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestOtherAnalyzer(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "help", "v1.db")
	x := open(t, dir, help())
	put(t, x, kbtest.HelpCentre("help")...)
	var more []kb.Entry // than are analysed at once
	for i := range 600 {
		more = append(more, entry(fmt.Sprint("more", i), fmt.Sprintf("x%dx of many\n", i)))
	}
	put(t, x, more...)
	want := plain(search(t, x, "refund of an invoice"))
	require.NotEmpty(t, want.List)
	execute(t, path, "UPDATE state SET analyzer = 'another', seq = seq + 1")
	_, err := x.Search(t.Context(), query("refund"))
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "Restart")
	execute(t, path, "DELETE FROM terms; UPDATE chunks SET terms = x'000000000000', pieces = x''")
	again := open(t, dir, help())
	require.Equal(t, want, plain(search(t, again, "refund of an invoice")))
	require.Equal(t, want, plain(search(t, x, "refund of an invoice")), "the first one reads everything again")
	for _, i := range []int{0, 250, 300, 599} {
		require.Len(t, search(t, again, fmt.Sprintf("x%dx", i)).List, 1)
	}
}

// A file from before there were word pieces gets them when it is opened.
func TestFileWithoutPieces(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, help())
	put(t, x, kbtest.HelpCentre("help")...)
	want := plain(search(t, x, "refund of an invoice"))
	require.NotEmpty(t, want.List[0].Pieces)
	require.NoError(t, x.Close())
	execute(t, filepath.Join(dir, "help", "v1.db"), `ALTER TABLE chunks DROP COLUMN pieces;
		DELETE FROM goose_db_version WHERE version_id >= 2; UPDATE state SET analyzer = 'words-1'`)
	require.Equal(t, want, plain(search(t, open(t, dir, help()), "refund of an invoice")))
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, help())
	put(t, x, entry("a", "apple\n"))
	require.NoError(t, x.Close())
	execute(t, filepath.Join(dir, "help", "v1.db"), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	y := open(t, dir, help())
	_, err := y.Search(t.Context(), query("apple"))
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "Update Askdesk")
}

func TestReaderFarBehindReadsEverythingAgain(t *testing.T) {
	dir := t.TempDir()
	x, y := open(t, dir, help()), open(t, dir, help())
	put(t, x, entry("a", "apple\n"), entry("b", "pear\n"))
	require.Len(t, search(t, y, "apple").List, 1)
	execute(t, filepath.Join(dir, "help", "v1.db"), "BEGIN; UPDATE state SET floor = seq + 1, seq = seq + 1; DELETE FROM chunks WHERE text = 'pear\n'; COMMIT")
	require.Empty(t, search(t, y, "pear").List)
	require.Len(t, search(t, y, "apple").List, 1)
}

func TestDamagedFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "help"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "help", "v1.db"), []byte("this is not a database, but long enough to look like one"), 0o600))
	_, err := open(t, dir, help()).Search(t.Context(), query("apple"))
	require.Error(t, err)
}

func TestAnalyzerIsPinned(t *testing.T) {
	require.Equal(t, "words-1 pieces-1", local.Analyzer())
}

func TestKeepRemovesTheFilesOfUnknownVersions(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, help())
	put(t, x, kbtest.HelpCentre("help")...)
	orphan := filepath.Join(dir, "gone", "v1.db")
	require.NoError(t, os.MkdirAll(filepath.Dir(orphan), 0o700))
	require.NoError(t, os.WriteFile(orphan, []byte("x"), 0o600))
	foreign := filepath.Join(dir, "Notes of mine.txt")
	require.NoError(t, os.WriteFile(foreign, []byte("x"), 0o600))

	before := filepath.Join(dir, "help", "v0.db")
	for _, name := range []string{before, before + "-wal", before + ".lock"} {
		require.NoError(t, os.WriteFile(name, []byte("x"), 0o600))
	}
	beside := filepath.Join(dir, "help", "v2.db")
	require.NoError(t, os.WriteFile(beside, []byte("x"), 0o600))

	require.NoError(t, x.Keep(t.Context(), func(_ context.Context, base string) ([]string, error) {
		return map[string][]string{"help": {"v1", "v2"}}[base], nil
	}))
	require.NoDirExists(t, filepath.Dir(orphan))
	require.FileExists(t, beside)
	for _, name := range []string{before, before + "-wal", before + ".lock"} {
		require.NoFileExists(t, name)
	}
	require.FileExists(t, foreign)
	require.NotEmpty(t, search(t, x, "refund").List)
}
