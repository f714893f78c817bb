package state_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

// TestMain turns the test binary into a second process that holds the lock of
// the folder named by ASKDESK_TEST_HOLD until its standard input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("ASKDESK_TEST_HOLD")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := hold(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hold(dir string) error {
	s, err := state.Open(context.Background(), dir, state.Options{})
	if err != nil {
		return err
	}
	if _, err := s.Lock(context.Background(), "ingest", nil); err != nil {
		return err
	}
	if _, err := s.CreateBase(context.Background(), "theirs", state.Components{}); err != nil {
		return err
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func open(t *testing.T, dir string) *state.Store {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }
	s, err := state.Open(t.Context(), dir, state.Options{Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestOpenMakesAFolderAndFindsItAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data #1 100%?")
	s := open(t, dir)
	made, err := s.CreateBase(t.Context(), "default", state.Components{Embedder: "e", Analyzer: "a", Extractor: "x", Chunker: "c"})
	require.NoError(t, err)
	require.NotEmpty(t, made.Version)

	again := open(t, dir)
	found, err := again.Base(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, made, found)
	version, err := again.Version(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, made.Version, version)
	c, err := again.Components(t.Context(), "default")
	require.NoError(t, err)
	require.Equal(t, state.Components{Embedder: "e", Analyzer: "a", Extractor: "x", Chunker: "c"}, c)

	info, err := os.Stat(filepath.Join(dir, "state.db"))
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077, "others must not read it")
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, "state.db"))
	require.NoError(t, err)
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	_, err = state.Open(t.Context(), dir, state.Options{})
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.ErrorContains(t, err, "newer Askdesk (schema 9999")
	require.ErrorContains(t, err, "--data")
}

func TestOpenRefusesWhatIsNoState(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.db"), []byte("this is a shopping list, and long enough to be read as a header"), 0o600))
	_, err := state.Open(t.Context(), dir, state.Options{})
	require.Error(t, err)

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = state.Open(t.Context(), file, state.Options{})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
}

func TestManyOpenAFreshFolderAtOnce(t *testing.T) {
	dir := t.TempDir()
	errs := make(chan error)
	for range 8 {
		go func() {
			s, err := state.Open(context.Background(), dir, state.Options{})
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-errs)
	}
}

func TestBases(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.Base(ctx, "x")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	require.ErrorContains(t, err, "askdesk ingest")

	for _, name := range []string{"zeta", "alpha"} {
		_, err := s.CreateBase(ctx, name, state.Components{})
		require.NoError(t, err)
	}
	_, err = s.CreateBase(ctx, "alpha", state.Components{})
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	_, err = s.CreateBase(ctx, "No Good", state.Components{})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	_, err = s.Base(ctx, "x")
	require.ErrorContains(t, err, "alpha, zeta")

	require.NoError(t, s.Mark(ctx, "zeta", []kb.DocumentInfo{
		info("zeta", "a", func(d *kb.DocumentInfo) { d.Chunks = 3 }),
		info("zeta", "b", func(d *kb.DocumentInfo) { d.Status, d.Chunks = kb.Failed, 0 }),
		info("zeta", "c", func(d *kb.DocumentInfo) { d.Status, d.Chunks = kb.Failed, 4 }),
	}))
	all, err := s.Bases(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "alpha", all[0].Name)
	require.Equal(t, 2, all[1].Documents, "a failed document counts while its last good version answers")
	require.Equal(t, 7, all[1].Chunks)

	require.NoError(t, s.Claim(ctx, "zeta", "docs", "/docs"))
	before := all[1].Version
	require.NoError(t, s.DeleteBase(ctx, "zeta"))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.DeleteBase(ctx, "zeta")))
	made, err := s.CreateBase(ctx, "zeta", state.Components{})
	require.NoError(t, err)
	require.NotEqual(t, before, made.Version, "a new base never meets the old one's files")
	docs, err := s.Documents(ctx, "zeta", "docs")
	require.NoError(t, err)
	require.Empty(t, docs)
	roots, err := s.Roots(ctx, "zeta")
	require.NoError(t, err)
	require.Empty(t, roots)
}

func TestMove(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	_, err := s.CreateBase(ctx, "one", state.Components{})
	require.NoError(t, err)
	require.NoError(t, s.Claim(ctx, "one", "docs", "/srv/docs"))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.Move(ctx, "one", "more", "/home/docs")))
	require.NoError(t, s.Move(ctx, "one", "docs", "/home/docs"))
	require.NoError(t, s.Claim(ctx, "one", "docs", "/home/docs"))
	require.Equal(t, kb.Conflict, kb.CodeOf(s.Claim(ctx, "one", "docs", "/srv/docs")))
}

func TestClaim(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	for _, name := range []string{"one", "two"} {
		_, err := s.CreateBase(ctx, name, state.Components{})
		require.NoError(t, err)
	}
	require.NoError(t, s.Claim(ctx, "one", "docs", "/srv/docs"))
	require.NoError(t, s.Claim(ctx, "one", "docs", "/srv/docs"))
	require.NoError(t, s.Claim(ctx, "two", "docs", "/home/docs"))
	err := s.Claim(ctx, "one", "docs", "/home/docs")
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.ErrorContains(t, err, "/srv/docs")
	require.ErrorContains(t, err, "--source NAME")
	require.NoError(t, s.Claim(ctx, "one", "more", "/srv/more"))
	roots, err := s.Roots(ctx, "one")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"docs": "/srv/docs", "more": "/srv/more"}, roots)
}

func TestLockInsideOneProcess(t *testing.T) {
	s := open(t, t.TempDir())
	unlock, err := s.Lock(t.Context(), "serve", nil)
	require.NoError(t, err)

	told := make(chan string, 9)
	got := make(chan error)
	go func() {
		second, err := s.Lock(context.Background(), "keys", func(holder string) { told <- holder })
		if err == nil {
			err = second()
		}
		got <- err
	}()
	require.Equal(t, fmt.Sprintf("serve (process %d)", os.Getpid()), <-told)
	require.NoError(t, unlock())
	require.NoError(t, unlock(), "a second unlock does nothing")
	require.NoError(t, <-got)
	require.Empty(t, told, "said once")
}

func TestTheLockGoesRound(t *testing.T) {
	s := open(t, t.TempDir())
	unlock, err := s.Lock(t.Context(), "serve", nil)
	require.NoError(t, err)
	waits, order := make(chan string, 1), make(chan string, 2)
	done := make(chan error)
	go func() {
		second, err := s.Lock(context.Background(), "reindex", func(holder string) { waits <- holder })
		order <- "reindex"
		if err == nil {
			err = second()
		}
		done <- err
	}()
	require.Contains(t, <-waits, "serve")
	require.NoError(t, unlock())
	unlock, err = s.Lock(t.Context(), "serve", nil)
	order <- "serve"
	require.NoError(t, err)
	require.NoError(t, unlock())
	require.NoError(t, <-done)
	require.Equal(t, "reindex", <-order, "who waited comes first")
}

func TestLockOfAnotherProcessIsNamedAndFreedByItsDeath(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe)
	child.Env = append(os.Environ(), "ASKDESK_TEST_HOLD="+dir)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)

	_, err = s.Base(t.Context(), "theirs")
	require.NoError(t, err, "what another process wrote is seen at once")

	want := fmt.Sprintf("ingest (process %d)", child.Process.Pid)
	short, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	var holder string
	_, err = s.Lock(short, "keys", func(h string) { holder = h })
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, want)
	require.Equal(t, want, holder)

	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // killed: an error by design
	unlock, err := s.Lock(t.Context(), "keys", nil)
	require.NoError(t, err)
	require.NoError(t, unlock())
}

func TestABaseIsLookedForWhereItIsKept(t *testing.T) {
	dir := t.TempDir()
	local := open(t, dir)
	remote, err := state.Open(t.Context(), dir, state.Options{Backend: "qdrant"})
	require.NoError(t, err)
	defer func() { require.NoError(t, remote.Close()) }()
	here, err := local.CreateBase(t.Context(), "here", state.Components{})
	require.NoError(t, err)
	there, err := remote.CreateBase(t.Context(), "there", state.Components{})
	require.NoError(t, err)

	for _, tc := range []struct {
		store        *state.Store
		own, other   kb.Base
		is, set, not string
	}{
		{local, here, there, "kept in the qdrant index", "set index.kind: qdrant", "index.kind is local"},
		{remote, there, here, "kept in the local index", "set index.kind: local", "index.kind is qdrant"},
	} {
		version, err := tc.store.Version(t.Context(), tc.own.Name)
		require.NoError(t, err)
		require.Equal(t, tc.own.Version, version)
		_, err = tc.store.Version(t.Context(), tc.other.Name)
		require.Equal(t, kb.Unavailable, kb.CodeOf(err))
		for _, said := range []string{tc.is, tc.set, tc.not, tc.other.Name} {
			require.ErrorContains(t, err, said)
		}
		names, err := tc.store.Elsewhere(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{tc.other.Name}, names)
	}
	_, err = remote.CreateBase(t.Context(), "here", state.Components{})
	require.Equal(t, kb.Conflict, kb.CodeOf(err), "a name is taken wherever it is kept")
}
