// Package state keeps what a data folder must remember in one SQLite file,
// state.db: knowledge bases and their index versions, the manifest of documents,
// who holds which source, keys, conversations and answers. Several processes may
// have one folder open at once.
package state

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"

	"github.com/askdesk/askdesk/internal/sqlite"
	"github.com/askdesk/askdesk/kb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options of a Store. The zero value is the default.
type Options struct {
	Backend string           // keeps the indexes of new knowledge bases; "" means "local"
	Now     func() time.Time // time.Now if nil
	Log     *slog.Logger     // silent if nil
}

// Store is an open data folder. It is safe for concurrent use.
type Store struct {
	dir     string
	backend string
	write   database // one connection; its transactions take the write lock at once
	read    database // a pool that cannot write
	file    os.FileInfo
	now     func() time.Time
	log     *slog.Logger
}

// Open opens the state of the data folder dir, which it makes if it is missing,
// and brings its schema up to date. A folder written by a newer Askdesk is a
// kb.Conflict that says what to do.
func Open(ctx context.Context, dir string, opt Options) (*Store, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, kb.Wrap(kb.Unavailable, err, "The data folder %s cannot be made (%s). Choose another one with --data.", dir, cause(err))
	}
	s := &Store{dir: dir, backend: cmp.Or(opt.Backend, "local"), now: opt.Now, log: opt.Log}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	// Two processes that both find a fresh folder would race for the switch to
	// WAL and for the first migration.
	guard := flock.New(filepath.Join(s.dir, "state.lock"), flock.SetPermissions(0o600))
	if _, err := guard.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return kb.Wrap(kb.Unavailable, err, "The data folder %s cannot be written to (%s). Choose another one with --data, or change its owner.", s.dir, cause(err))
	}
	defer func() { err = errors.Join(err, guard.Unlock()) }()

	path := filepath.Join(s.dir, "state.db")
	if err := s.found(ctx, path); err != nil {
		return err
	}
	if s.write, err = connect(path, wal+"&_txlock=immediate"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write.DB, s.dir); err != nil {
		return err
	}
	s.read, err = connect(path, wal+"&_pragma=query_only(1)")
	return err
}

// found sets s.file, and makes the file if the folder is new. An emptied file or
// a lost one is never taken for that: its keys would be gone, and the folder open.
func (s *Store) found(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if s.lived() {
			return kb.Errorf(kb.Unavailable, "The data folder %s has documents and no state.db: it was lost. Restore state.db from a backup, or move the folder away and start anew.", s.dir)
		}
		if err := s.create(ctx, path); err != nil {
			return err
		}
		file, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return kb.Wrap(kb.Unavailable, err, "%s cannot be opened (%s). Choose another data folder with --data, or change its owner.", path, cause(err))
	}
	s.file, err = file.Stat()
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if s.file.Size() == 0 {
		return kb.Errorf(kb.Unavailable, "%s is empty: it was damaged. Restore it from a backup, or move the folder away and start anew.", path)
	}
	return nil
}

// lived reports whether the folder holds what only comes after its state.
func (s *Store) lived() bool {
	for _, name := range []string{"index", "qdrant", "uploads"} {
		if entries, err := os.ReadDir(filepath.Join(s.dir, name)); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}

// create makes the file under another name first, so that one that is empty or
// half made never has its name. WAL would leave parts of it in a second file.
func (s *Store) create(ctx context.Context, path string) error {
	draft := path + ".new"
	for _, left := range []string{draft, draft + "-journal"} { // of a process that was killed here
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("state: %w", err)
		}
	}
	f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE, 0o600) // it holds hashes of keys
	if err != nil {
		return kb.Wrap(kb.Unavailable, err, "%s cannot be made (%s). Choose another data folder with --data, or change its owner.", path, cause(err))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	db, err := connect(draft, "&_pragma=journal_mode(DELETE)")
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(ctx, db.DB, s.dir), db.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// Check is a kb.Unavailable if the folder was moved, removed or replaced since it
// was opened: what is written is lost then.
func (s *Store) Check() error {
	now, err := os.Stat(filepath.Join(s.dir, "state.db"))
	if err == nil && os.SameFile(s.file, now) && now.Size() > 0 {
		return nil
	}
	return kb.Wrap(kb.Unavailable, err, "The data folder was moved, removed or replaced while Askdesk runs. Put it back and restart Askdesk.")
}

const wal = "&_pragma=journal_mode(WAL)"

func connect(path, extra string) (database, error) {
	db, err := sqlite.Open(path, "_pragma=busy_timeout(15000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+extra, fault)
	if err != nil {
		return database{}, fmt.Errorf("state: %w", err)
	}
	return database{db}, nil
}

func migrate(ctx context.Context, db *sql.DB, dir string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("state migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("state migrations: %w", err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		if full := fault(err); kb.CodeOf(full) != kb.Internal {
			return full
		}
		return kb.Wrap(kb.Unavailable, err, "%s is not a readable Askdesk state (%s). Restore it from a backup, or choose another data folder with --data.", filepath.Join(dir, "state.db"), cause(err))
	}
	if have > known {
		return kb.Errorf(kb.Conflict, "The data folder %s was written by a newer Askdesk (schema %d; this one knows up to %d). Install that version or a newer one, or choose another folder with --data.", dir, have, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("state migrations: %w", fault(err))
	}
	return nil
}

// cause is the system's own word for what went wrong, without the path that the
// message names already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Close closes the store. Nothing of it may be used afterwards.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []database{s.read, s.write} {
		if db.DB != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Dir is the absolute path of the data folder.
func (s *Store) Dir() string { return s.dir }

// update runs do in one durable transaction.
func (s *Store) update(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", fault(err))
	}
	if err := do(tx); err != nil {
		return errors.Join(fault(err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", fault(err))
	}
	return nil
}

// micros is t as it is stored; NULL for the zero time.
func micros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func fromMicros(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
