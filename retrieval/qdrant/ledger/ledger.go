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
	Prefix     string // of its name; "" where that was not noted
}

// Chunk is what the ledger counts of a chunk.
type Chunk struct {
	ID            string
	Embedded      bool // it has a vector of the collection's model
	Terms, Pieces []byte
}

// document is what counts of one.
type document struct {
	seq      int64 // of the commit that made it so
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

	vocabulary vocabulary
	catching   sync.Mutex // held by who reads what was committed

	mu        sync.RWMutex // guards what follows
	state     State
	documents map[string]*document
	gone      map[string]int64 // commits by document, of those that count no more
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
	f := &File{path: path, vocabulary: vocabulary{terms: map[string]struct{}{}}, documents: map[string]*document{}, gone: map[string]int64{}, sides: [audiences]*side{newSide(), newSide()}}
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

// Prefix is State.Prefix of a ledger that is not opened; "" where that cannot be told.
func Prefix(ctx context.Context, path string) (prefix string) {
	db, err := sqlite.Open(path, "_busy_timeout=15000&_query_only=1", func(err error) error { return err })
	if err != nil {
		return ""
	}
	defer db.Close()
	if db.QueryRowContext(ctx, "SELECT prefix FROM state").Scan(&prefix) != nil {
		return ""
	}
	return prefix
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
	name, trouble := filepath.Base(f.path), sqlite.TroubleOf(err)
	if errors.Is(err, errDamaged) {
		trouble = sqlite.Damaged
	}
	switch trouble {
	case sqlite.Full:
		return kb.Wrap(kb.Unavailable, err, "There is no room left for the ledger %s of the index. Make room on the disk of the data folder and try again.", name)
	case sqlite.Damaged:
		return kb.Wrap(kb.Unavailable, err, "The ledger %s of the index is damaged. Restore it from a backup, or remove it and bring the documents in again with askdesk ingest.", name)
	case sqlite.Gone:
		return kb.Wrap(kb.Unavailable, err, "The ledger %s of the index cannot be opened. Check that the data folder is there and belongs to you.", name)
	}
	return err
}

const selectState = "SELECT seq, analyzer, generation, model, size, quantized, prefix FROM state"

func scanState(row interface{ Scan(...any) error }) (s State, err error) {
	err = row.Scan(&s.Seq, &s.Analyzer, &s.Generation, &s.Model, &s.Size, &s.Quantized, &s.Prefix)
	return s, err
}

// Refresh reads what was committed since the last time, by any process, and says
// what the state is now. Whoever looks meanwhile sees all of a commit or nothing.
func (f *File) Refresh(ctx context.Context) (State, error) {
	now, err := scanState(f.read.QueryRowContext(ctx, selectState))
	if err != nil {
		return State{}, fmt.Errorf("ledger: %w", f.fault(err))
	}
	if f.seq() == now.Seq {
		return now, nil
	}
	f.catching.Lock()
	defer f.catching.Unlock()
	now, changes, err := f.since(ctx, f.seq())
	if err != nil {
		return State{}, fmt.Errorf("ledger: %w", f.fault(err))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, d := range changes {
		f.take(id, d)
	}
	f.state = now
	return now, nil
}

func (f *File) seq() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.state.Seq
}

// since reads the state and the documents that changed after a commit. Those without
// a revision are gone.
func (f *File) since(ctx context.Context, seq int64) (now State, changes map[string]*document, err error) {
	tx, err := f.read.BeginTx(ctx, nil)
	if err != nil {
		return now, nil, err
	}
	defer tx.Rollback()
	if now, err = scanState(tx.QueryRowContext(ctx, selectState)); err != nil {
		return now, nil, err
	}
	if err := f.vocabulary.read(ctx, tx); err != nil {
		return now, nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, seq, revision, meta, counts FROM documents WHERE seq > ?", seq)
	if err != nil {
		return now, nil, err
	}
	defer rows.Close()
	changes = map[string]*document{}
	for rows.Next() {
		var id, meta string
		d := &document{meta: new(kb.Document)}
		if err := rows.Scan(&id, &d.seq, &d.revision, &meta, &d.counts); err != nil {
			return now, nil, err
		}
		if d.revision != "" {
			if json.Unmarshal([]byte(meta), d.meta) != nil || check(d.counts) != nil {
				return now, nil, fmt.Errorf("document %s: %w", id, errDamaged)
			}
		}
		changes[id] = d
	}
	return now, changes, rows.Err()
}

// take puts a document in place of what was known of it.
func (f *File) take(id string, d *document) {
	if before := f.documents[id]; before != nil {
		f.count(before, -1)
	}
	delete(f.documents, id)
	delete(f.gone, id)
	if d.revision == "" {
		f.gone[id] = d.seq
		return
	}
	f.documents[id] = d
	f.count(d, 1)
}

func (f *File) count(d *document, sign int) {
	for audience, s := range f.sides {
		if audience == agent || kb.Public.May(d.meta.Audience) {
			s.add(d, sign)
		}
	}
}
