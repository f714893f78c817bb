// Package state keeps what a data folder must remember in one SQLite file,
// state.db: knowledge bases and their index versions, the manifest of documents,
// who holds which source, keys, conversations and answers. Several processes may
// have one folder open at once.
package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/askdesk/askdesk/kb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options of a Store. The zero value is the default.
type Options struct {
	Now func() time.Time // time.Now if nil
	Log *slog.Logger     // silent if nil
}

// Store is an open data folder. It is safe for concurrent use.
type Store struct {
	dir   string
	write *sql.DB // one connection; its transactions take the write lock at once
	read  *sql.DB // a pool that cannot write
	now   func() time.Time
	log   *slog.Logger
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
	s := &Store{dir: dir, now: opt.Now, log: opt.Log}
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
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // it holds hashes of keys
	if err != nil {
		return kb.Wrap(kb.Unavailable, err, "%s cannot be opened (%s). Choose another data folder with --data, or change its owner.", path, cause(err))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if s.write, err = connect(path, "_txlock=immediate"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write, s.dir); err != nil {
		return err
	}
	s.read, err = connect(path, "_pragma=query_only(1)")
	return err
}

func connect(path, extra string) (*sql.DB, error) {
	slash := filepath.ToSlash(path)
	if !strings.HasPrefix(slash, "/") { // a Windows drive
		slash = "/" + slash
	}
	const pragmas = "_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: slash}).EscapedPath()+"?"+pragmas+"&"+extra)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return db, nil
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
		return kb.Wrap(kb.Unavailable, err, "%s is not a readable Askdesk state (%s). Restore it from a backup, or choose another data folder with --data.", filepath.Join(dir, "state.db"), cause(err))
	}
	if have > known {
		return kb.Errorf(kb.Conflict, "The data folder %s was written by a newer Askdesk (schema %d; this one knows up to %d). Install that version or a newer one, or choose another folder with --data.", dir, have, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("state migrations: %w", err)
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
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
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
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
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
