package state

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func opened(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestALostStateIsNotANewFolder(t *testing.T) {
	cases := map[string]struct {
		harm func(t *testing.T, dir string)
		says string
	}{
		"emptied": {func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, "state.db"), 0))
		}, "empty"},
		"removed beside an index": {func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "index", "pub"), 0o700))
			require.NoError(t, os.Remove(filepath.Join(dir, "state.db")))
		}, "lost"},
		"removed beside uploads": {func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "uploads", "x"), 0o700))
			require.NoError(t, os.Remove(filepath.Join(dir, "state.db")))
		}, "lost"},
		"scribbled over": {func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "state.db"), []byte(strings.Repeat("no database ", 1000)), 0o600))
		}, "damaged"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(t.Context(), dir, Options{})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			c.harm(t, dir)
			_, err = Open(t.Context(), dir, Options{})
			require.Equal(t, kb.Unavailable, kb.CodeOf(err))
			require.Contains(t, kb.MessageOf(err), c.says)
			require.Contains(t, kb.MessageOf(err), "backup")
		})
	}
}

func TestAFolderWhoseMakingBrokeOffIsStillNew(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "index"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.db.new"), []byte("half"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.db.new-journal"), []byte("half"), 0o600))
	opened(t, dir)
	left, err := filepath.Glob(filepath.Join(dir, "*.new*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAFullDiskIsSaid(t *testing.T) {
	s := opened(t, t.TempDir())
	var pages int
	require.NoError(t, s.write.QueryRow("PRAGMA page_count").Scan(&pages))
	_, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	require.NoError(t, err)
	for i := range 10_000 {
		if _, err = s.CreateBase(t.Context(), fmt.Sprintf("base-%d", i), Components{}); err != nil {
			break
		}
	}
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "no room")
	require.Contains(t, kb.MessageOf(fault(fmt.Errorf("write: %w", syscall.EFBIG))), "no room")
}

func TestAFolderThatIsGoneIsSaid(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a folder go whose files are open")
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := opened(t, dir)
	require.NoError(t, s.Check())
	require.NoError(t, os.Rename(dir, dir+"-moved"))
	require.Equal(t, kb.Unavailable, kb.CodeOf(s.Check()))
	_, err := s.Bases(t.Context()) // its first, on a connection of its own
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "moved or removed")
}
