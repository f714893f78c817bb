package local_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

const crashDir = "ASKDESK_TEST_CRASH_DIR" // set in the process that is to be killed

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeForEver(dir))
		os.Exit(1)
	}
	code := m.Run()
	if dir, err := large(); err == nil && dir != os.Getenv(keepDir) {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

const crashDocs = 10

// crashEntry is a document whose chunks all name its state.
func crashEntry(doc, state int) kb.Entry {
	text := ""
	for i := range 5 {
		text += fmt.Sprintf("# Part %d\n\nalways state%d\n", i, state)
	}
	return kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: fmt.Sprint(doc), Title: "T", Version: strconv.Itoa(state), Text: text})
}

// writeForEver replaces and deletes documents as fast as it can.
func writeForEver(dir string) error {
	ctx := context.Background()
	x, err := local.Open(ctx, local.Options{Dir: dir, Version: help().version})
	if err != nil {
		return err
	}
	for state := 0; ; state++ {
		var batch []kb.Entry
		for doc := state % 2; doc < crashDocs; doc += 2 {
			batch = append(batch, crashEntry(doc, state))
		}
		if err := x.Replace(ctx, "help", batch); err != nil {
			return err
		}
		if err := x.Delete(ctx, "help", []string{batch[state%len(batch)].Document.ID}); err != nil {
			return err
		}
	}
}

func TestKilledWriter(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv("ASKDESK_TEST_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	reader := open(t, dir, help())
	for range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0]) // none outlives a test that fails
		cmd.Env = append(os.Environ(), crashDir+"="+dir)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		time.Sleep(100*time.Millisecond + time.Duration(rand.IntN(200))*time.Millisecond)
		wholeDocuments(t, reader)
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		wholeDocuments(t, reader)
		db, err := sql.Open("sqlite", filepath.Join(dir, "help", "v1.db"))
		require.NoError(t, err)
		verdict := "ok" // of a process that was killed before it made the file
		if _, err := os.Stat(filepath.Join(dir, "help", "v1.db")); err == nil {
			require.NoError(t, db.QueryRow("PRAGMA integrity_check").Scan(&verdict))
		}
		require.NoError(t, db.Close())
		require.Equal(t, "ok", verdict)
	}
	for doc := range crashDocs {
		put(t, reader, crashEntry(doc, -1))
	}
	require.Len(t, wholeDocuments(t, open(t, dir, help())), crashDocs)
}

// wholeDocuments returns how many chunks each document has, which are all.
func wholeDocuments(t *testing.T, x *local.Index) map[string]int {
	t.Helper()
	q := query("always")
	q.Depth = 1000
	found, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	parts, whole := map[string]int{}, retrievaltest.Fill(t, x, "help", found)
	for _, c := range found.List {
		parts[c.Document.ID]++
		if whole || c.Chunk.Text != "" { // else the writer was faster
			require.Contains(t, c.Chunk.Text, "state"+c.Document.Version+"\n")
		}
	}
	for _, n := range parts {
		require.Equal(t, 5, n)
	}
	return parts
}
