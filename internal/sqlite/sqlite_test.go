package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/sqlite"
)

func TestTroubleOf(t *testing.T) {
	dir := t.TempDir()
	scribbled := filepath.Join(dir, "scribbled #1 100%?.db")
	require.NoError(t, os.WriteFile(scribbled, []byte(strings.Repeat("no database ", 1000)), 0o600))
	try := func(path string) error {
		db, err := sqlite.Open(path, "_pragma=busy_timeout(100)", func(err error) error { return fmt.Errorf("explained: %w", err) })
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		_, err = db.ExecContext(t.Context(), "CREATE TABLE t (x)")
		return err
	}
	require.NoError(t, try(filepath.Join(dir, "new #1 100%?.db")))
	require.FileExists(t, filepath.Join(dir, "new #1 100%?.db"))
	require.Equal(t, sqlite.Damaged, sqlite.TroubleOf(try(scribbled)))
	gone := try(filepath.Join(dir, "no", "such", "folder.db"))
	require.Equal(t, sqlite.Gone, sqlite.TroubleOf(gone))
	require.ErrorContains(t, gone, "explained: ")

	require.Equal(t, sqlite.Full, sqlite.TroubleOf(fmt.Errorf("write: %w", syscall.ENOSPC)))
	require.Equal(t, sqlite.None, sqlite.TroubleOf(errors.New("syntax error")))
	require.Equal(t, sqlite.None, sqlite.TroubleOf(nil))
}
