// Package ledger keeps beside Qdrant what it cannot tell: which revision of each
// document counts, and the statistics by which words are weighed. One SQLite file a
// version of a knowledge base; processes share it, and one writes at a time.
//
// A document's points count from the commit that names their revision here. So it
// changes at once, whatever Qdrant has of it, and a crash between the two leaves
// points that count for nothing.
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/askdesk/askdesk/internal/sqlite"
	"github.com/askdesk/askdesk/kb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// State says which collection counts.
type State struct {
	Seq        int64  // of the last commit
	Analyzer   string // that made its terms
	Generation int    // of the collection; 0 while there is none
	Model      string // of its vectors; "" without
	Size       int    // of a vector; 0 without
	Quantized  bool
}

// Chunk is what the ledger counts of a chunk.
type Chunk struct {
	ID            string
	Embedded      bool // it has a vector of the collection's model
	Terms, Pieces []byte
}

// document is what counts of one.
type document struct {
	revision string
	meta     *kb.Document
	counts   []byte
}

func (d *document) bounded() bool { return !d.meta.ValidFrom.IsZero() || !d.meta.ValidUntil.IsZero() }

// chunks are how many it has, and how many of them have a vector.
func (d *document) chunks() (n, embedded int) {
	r := reader{b: d.counts}
	return int(r.next()), int(r.next())
}

// File is an open ledger. It is safe for concurrent use.
type File struct {
	db   *sql.DB // one connection for those who write
	read *sql.DB
	path string

	mu        sync.RWMutex // guards what follows
	state     State
	documents map[string]*document
	sides     [audiences]*side
}

// Open opens a ledger and reads it; a missing one is made.
func Open(ctx context.Context, path string) (_ *File, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unusable(err)
	}
	guard := flock.New(path+".lock", flock.SetPermissions(0o600)) // two processes would race for the first migration
	if _, err := guard.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return nil, unusable(err)
	}
	defer func() { err = errors.Join(err, guard.Unlock()) }()
	f := &File{path: path, documents: map[string]*document{}, sides: [audiences]*side{newSide(), newSide()}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	const parameters = "_busy_timeout=15000&_journal_mode=WAL&_synchronous=FULL"
	if f.db, err = sqlite.Open(path, parameters+"&_txlock=immediate", f.fault); err != nil {
		return nil, unusable(err)
	}
	f.db.SetMaxOpenConns(1)
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	err = sqlite.Migrate(ctx, f.db, files)
	if newer, ok := errors.AsType[sqlite.Newer](err); ok {
		return nil, kb.Errorf(kb.Conflict, "The ledger of the index was written by a newer Askdesk (schema %d; this one knows %d). Update Askdesk, or use another data folder with --data.", newer.Have, newer.Known)
	}
	if err != nil {
		return nil, unusable(f.fault(err))
	}
	if f.read, err = sqlite.Open(path, parameters+"&_query_only=1", f.fault); err != nil {
		return nil, unusable(err)
	}
	_, err = f.Refresh(ctx)
	return f, err
}

// Close closes the file.
func (f *File) Close() error {
	var err error
	for _, db := range []*sql.DB{f.db, f.read} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// unusable says what to do about an error that says nothing of it itself.
func unusable(err error) error {
	if kb.CodeOf(err) != kb.Internal {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "The ledger of the index cannot be opened. Check that the data folder is on a disk with room and belongs to you, or choose another one with --data.")
}

// fault gives an error of the file a sentence for a person.
func (f *File) fault(err error) error {
	if err == nil || kb.CodeOf(err) != kb.Internal {
		return err
	}
	name := filepath.Base(f.path)
	switch sqlite.TroubleOf(err) {
	case sqlite.Full:
		return kb.Wrap(kb.Unavailable, err, "There is no room left for the ledger %s of the index. Make room on the disk of the data folder and try again.", name)
	case sqlite.Damaged:
		return kb.Wrap(kb.Unavailable, err, "The ledger %s of the index is damaged. Restore it from a backup, or remove it and bring the documents in again with askdesk ingest.", name)
	case sqlite.Gone:
		return kb.Wrap(kb.Unavailable, err, "The ledger %s of the index cannot be opened. Check that the data folder is there and belongs to you.", name)
	}
	return err
}

const selectState = "SELECT seq, analyzer, generation, model, size, quantized FROM state"

func scanState(row interface{ Scan(...any) error }) (s State, err error) {
	err = row.Scan(&s.Seq, &s.Analyzer, &s.Generation, &s.Model, &s.Size, &s.Quantized)
	return s, err
}

// Refresh reads what was committed since the last time, by any process, and says
// what the state is now.
func (f *File) Refresh(ctx context.Context) (State, error) {
	now, err := scanState(f.read.QueryRowContext(ctx, selectState))
	if err != nil {
		return State{}, fmt.Errorf("ledger: %w", f.fault(err))
	}
	f.mu.RLock()
	current := f.state.Seq == now.Seq
	f.mu.RUnlock()
	if current {
		return now, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	tx, err := f.read.BeginTx(ctx, nil)
	if err != nil {
		return State{}, fmt.Errorf("ledger: %w", f.fault(err))
	}
	defer tx.Rollback()
	if now, err = scanState(tx.QueryRowContext(ctx, selectState)); err == nil {
		err = f.catchUp(ctx, tx)
	}
	if err != nil {
		return State{}, fmt.Errorf("ledger: %w", f.fault(err))
	}
	f.state = now
	return now, nil
}

func (f *File) catchUp(ctx context.Context, tx *sql.Tx) (err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, revision, meta, counts FROM documents WHERE seq > ?", f.state.Seq)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, meta string
		d := &document{meta: new(kb.Document)}
		if err := rows.Scan(&id, &d.revision, &meta, &d.counts); err != nil {
			return err
		}
		if d.revision == "" {
			err = f.take(id, nil)
		} else if err = json.Unmarshal([]byte(meta), d.meta); err == nil {
			err = f.take(id, d)
		}
		if err != nil {
			return fmt.Errorf("document %s: %w", id, err)
		}
	}
	return rows.Err()
}

// take puts a document in place of what was known of it; nil: it is gone.
func (f *File) take(id string, d *document) error {
	for sign, x := range map[int]*document{-1: f.documents[id], 1: d} {
		if x == nil {
			continue
		}
		for audience, s := range f.sides {
			if audience == public && !kb.Public.May(x.meta.Audience) {
				continue
			}
			if err := s.add(x, sign); err != nil {
				return err
			}
		}
	}
	if d == nil {
		delete(f.documents, id)
	} else {
		f.documents[id] = d
	}
	return nil
}
