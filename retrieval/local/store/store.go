// Package store is the durable form of the embedded index: one SQLite file a
// version of a knowledge base. Processes share it: any number read while one
// writes.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/askdesk/askdesk/internal/sqlite"
	"github.com/askdesk/askdesk/kb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// File is an open index file. It is safe for concurrent use.
type File struct {
	write *sql.DB // one connection; its transactions take the write lock at once
	read  *sql.DB
	often map[string]*sql.Stmt // of read, by text: what every search runs
	place place
	info  os.FileInfo
}

// Open opens the file, makes it if it is missing, and brings its schema up to
// date. One written by a newer Askdesk is a kb.Conflict.
func Open(ctx context.Context, path string) (f *File, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unusable(err)
	}
	// Two processes that find no file would race for the first migration.
	guard := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := guard.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, unusable(err)
	}
	defer func() { err = errors.Join(err, guard.Unlock()) }()
	f = &File{place: placeOf(path)}
	if f.write, err = connect(path, "&_txlock=immediate"); err != nil {
		return nil, err
	}
	f.write.SetMaxOpenConns(1)
	if err := f.migrate(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if f.info, err = os.Stat(path); err != nil {
		return nil, errors.Join(unusable(err), f.Close())
	}
	if f.read, err = connect(path, "&_query_only=1"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.read.SetMaxIdleConns(4)
	f.often = map[string]*sql.Stmt{}
	for _, query := range []string{selectState, byID} {
		stmt, err := f.read.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with f.read
		if err != nil {
			return nil, errors.Join(fmt.Errorf("index read: %w", f.place.fault(err)), f.Close())
		}
		f.often[query] = stmt
	}
	return f, nil
}

// Is reports whether the file is the one that is found under path: it is not once
// somebody removed, replaced or emptied it.
func (f *File) Is(path string) bool {
	now, err := os.Stat(path)
	return err == nil && now.Size() > 0 && os.SameFile(f.info, now)
}

// Close closes the file. Transactions that are still open fail.
func (f *File) Close() error {
	err := f.write.Close()
	if f.read != nil {
		err = errors.Join(err, f.read.Close())
	}
	return err
}

func connect(path, extra string) (*sql.DB, error) {
	// The driver sets the page size, which fits three chunks with vectors, before
	// it switches to WAL, which would fix it.
	const parameters = "_busy_timeout=15000&_pragma=page_size(8192)&_journal_mode=WAL&_synchronous=FULL"
	db, err := sqlite.Open(path, parameters+extra, placeOf(path).fault)
	if err != nil {
		return nil, fmt.Errorf("index file: %w", err)
	}
	return db, nil
}

// unusable says what to do about an error that says nothing of it itself.
func unusable(err error) error {
	if kb.CodeOf(err) != kb.Internal {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "The index cannot be opened. Check that the data folder is on a disk with room and belongs to you, or choose another one with --data.")
}

func (f *File) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("index migrations: %w", err)
	}
	err = sqlite.Migrate(ctx, f.write, files)
	if newer, ok := errors.AsType[sqlite.Newer](err); ok {
		return kb.Errorf(kb.Conflict, "The index was written by a newer Askdesk (schema %d; this one knows %d). Update Askdesk, or use another data folder with --data.", newer.Have, newer.Known)
	}
	if err != nil {
		return unusable(f.place.fault(err))
	}
	return nil
}

// Read runs do on one commit of the file.
func (f *File) Read(ctx context.Context, do func(*Tx) error) error {
	tx, err := f.read.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("index read: %w", f.place.fault(err))
	}
	defer tx.Rollback()
	return f.place.fault(do(&Tx{ctx: ctx, tx: tx, often: f.often}))
}

// Write runs do while no other process writes, and makes what it did durable
// and visible at once, or not at all if it fails.
func (f *File) Write(ctx context.Context, do func(*Tx) error) error {
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("index write: %w", f.place.fault(err))
	}
	defer tx.Rollback()
	if err := do(&Tx{ctx: ctx, tx: tx}); err != nil {
		return f.place.fault(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("index write: %w", f.place.fault(err))
	}
	return nil
}

// Tx is a transaction.
type Tx struct {
	ctx      context.Context
	tx       *sql.Tx
	prepared map[string]*sql.Stmt // closed with tx
	often    map[string]*sql.Stmt // prepared already, for any transaction
}

// State is where a file stands.
type State struct {
	Seq      int64 // of the last commit
	Floor    int64 // the oldest commit from which a reader can catch up
	Analyzer string
}

const selectState = "SELECT seq, floor, analyzer FROM state"

// State returns the file's state.
func (t *Tx) State() (s State, err error) {
	err = sql.ErrNoRows
	if failure := t.each(func(rows *sql.Rows) error {
		err = nil
		return rows.Scan(&s.Seq, &s.Floor, &s.Analyzer)
	}, selectState); failure != nil {
		err = failure
	}
	if err != nil {
		return s, fmt.Errorf("index state: %w", err)
	}
	return s, nil
}

func (t *Tx) exec(query string, args ...any) error {
	stmt, ok := t.prepared[query]
	if !ok {
		var err error
		if stmt, err = t.tx.PrepareContext(t.ctx, query); err != nil {
			return fmt.Errorf("index write: %w", err)
		}
		if t.prepared == nil {
			t.prepared = map[string]*sql.Stmt{}
		}
		t.prepared[query] = stmt
	}
	if _, err := stmt.ExecContext(t.ctx, args...); err != nil {
		return fmt.Errorf("index write: %w", err)
	}
	return nil
}

// each runs a query and scans its rows.
func (t *Tx) each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.query(query, args...)
	if err != nil {
		return fmt.Errorf("index read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("index read: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("index read: %w", err)
	}
	return nil
}

func (t *Tx) query(query string, args ...any) (*sql.Rows, error) {
	if often, ok := t.often[query]; ok {
		return t.tx.StmtContext(t.ctx, often).QueryContext(t.ctx, args...) //nolint:sqlclosecheck // closed with the transaction
	}
	return t.tx.QueryContext(t.ctx, query, args...)
}
