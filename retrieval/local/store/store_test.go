package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func pragma(t *testing.T, f *File, name string) (value string) {
	t.Helper()
	require.NoError(t, f.write.QueryRow("PRAGMA "+name).Scan(&value))
	return value
}

func TestFileIsDurableAndShared(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "a dir with % and ?#", "1.db"))
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "page_size": "8192", "busy_timeout": "15000"} {
		require.Equal(t, want, pragma(t, f, name), name)
	}
	require.Error(t, f.Read(t.Context(), func(tx *Tx) error { return tx.exec("DELETE FROM terms") }), "readers cannot write")
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "1.db"))
	failure := errors.New("failure")
	err := f.Write(t.Context(), func(tx *Tx) error {
		seq, err := tx.Begin("a")
		require.NoError(t, err)
		_, err = tx.PutDocument(seq, 0, kb.Document{ID: "d"})
		require.NoError(t, err)
		return failure
	})
	require.ErrorIs(t, err, failure)
	require.NoError(t, f.Read(t.Context(), func(tx *Tx) error {
		state, err := tx.State()
		require.NoError(t, err)
		require.Equal(t, State{}, state)
		row, _, _, err := tx.Document("d")
		require.Zero(t, row)
		return err
	}))
}

func TestHistoryIsPruned(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "1.db"))
	require.NoError(t, f.Write(t.Context(), func(tx *Tx) error {
		for i := range int64(history + 10) {
			seq, err := tx.Begin("a")
			require.NoError(t, err)
			require.NoError(t, tx.DropChunk(seq, i))
		}
		state, err := tx.State()
		require.NoError(t, err)
		require.Equal(t, State{Seq: history + 10, Floor: 10, Analyzer: "a"}, state)
		n := 0
		require.NoError(t, tx.Gone(0, func(int64) { n++ }))
		require.Equal(t, history, n)
		return nil
	}))
}

func TestUnusableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(context.Background(), filepath.Join(file, "1.db"))
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
}

func TestAFullDiskIsSaid(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "index", "pub", "1.db"))
	_, err := f.write.Exec("PRAGMA max_page_count = " + pragma(t, f, "page_count"))
	require.NoError(t, err)
	err = f.Write(t.Context(), func(tx *Tx) error {
		for i := range 10_000 {
			if _, err := tx.PutDocument(1, 0, kb.Document{ID: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), `no room left for the index of "pub"`)
}
