package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// Entry is what counts of a document from now on.
type Entry struct {
	Document kb.Document
	Revision string
	Chunks   []Chunk
	Only     bool // the collection has nothing else of it
}

// Commit makes documents count as they are given, and others, by id, no more. What
// the collection has of them besides is from now on a leftover. One commit has both,
// or neither.
func (f *File) Commit(ctx context.Context, entries []Entry, gone []string) error {
	return f.write(ctx, func(tx *sql.Tx, seq int64) error {
		if err := put(ctx, tx, seq, entries); err != nil {
			return err
		}
		return run(ctx, tx,
			statement{"UPDATE documents SET seq = ?, revision = '', meta = '', counts = x'' WHERE id IN (SELECT value FROM json_each(?))", []any{seq, list(gone)}},
			statement{"DELETE FROM chunks WHERE document IN (SELECT value FROM json_each(?))", []any{list(gone)}},
			statement{"INSERT OR IGNORE INTO leftovers SELECT value FROM json_each(?)", []any{list(gone)}})
	})
}

// put writes entries. Chunks go in by one statement: there are thousands.
func put(ctx context.Context, tx *sql.Tx, seq int64, entries []Entry) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO documents VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, revision = excluded.revision, meta = excluded.meta, counts = excluded.counts")
	if err != nil {
		return err
	}
	defer insert.Close()
	var ids, only, more []string
	var chunks [][3]any
	for i := range entries {
		e := &entries[i]
		doc := e.Document
		doc.Text = ""
		t, err := count(e.Chunks)
		if err != nil {
			return fmt.Errorf("document %s: %w", doc.ID, err)
		}
		meta, err := json.Marshal(doc)
		if err != nil {
			return fmt.Errorf("document %s: %w", doc.ID, err)
		}
		if _, err := insert.ExecContext(ctx, doc.ID, seq, e.Revision, string(meta), t.pack()); err != nil {
			return fmt.Errorf("document %s: %w", doc.ID, err)
		}
		for _, c := range e.Chunks {
			chunks = append(chunks, [3]any{c.ID, doc.ID, c.Embedded})
		}
		if ids = append(ids, doc.ID); e.Only {
			only = append(only, doc.ID)
		} else {
			more = append(more, doc.ID)
		}
	}
	return run(ctx, tx,
		statement{"DELETE FROM chunks WHERE document IN (SELECT value FROM json_each(?))", []any{list(ids)}},
		statement{"INSERT INTO chunks SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)", []any{list(chunks)}},
		statement{"DELETE FROM leftovers WHERE document IN (SELECT value FROM json_each(?))", []any{list(only)}},
		statement{"INSERT OR IGNORE INTO leftovers SELECT value FROM json_each(?)", []any{list(more)}})
}

// Intend says that points of documents are about to be written: until they count they
// are leftovers.
func (f *File) Intend(ctx context.Context, documents []string) error {
	if _, err := f.db.ExecContext(ctx, "INSERT OR IGNORE INTO leftovers SELECT value FROM json_each(?)", list(documents)); err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	return nil
}

// Use makes another collection count, with what its documents are there. Those that
// are not among entries are gone.
func (f *File) Use(ctx context.Context, to State, entries []Entry) error {
	return f.write(ctx, func(tx *sql.Tx, seq int64) error {
		if err := run(ctx, tx,
			statement{"UPDATE state SET analyzer = ?, generation = ?, model = ?, size = ?, quantized = ?, prefix = ?", []any{to.Analyzer, to.Generation, to.Model, to.Size, to.Quantized, to.Prefix}},
			statement{"UPDATE documents SET seq = ?, revision = '', meta = '', counts = x'' WHERE revision != ''", []any{seq}},
			statement{"DELETE FROM chunks", nil}, statement{"DELETE FROM leftovers", nil}); err != nil {
			return err
		}
		return put(ctx, tx, seq, entries)
	})
}

// Name notes the prefix of the collection's name, where that was not done when it was
// made. It counts as before.
func (f *File) Name(ctx context.Context, prefix string) error {
	if _, err := f.db.ExecContext(ctx, "UPDATE state SET prefix = ?", prefix); err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	return nil
}

type statement struct {
	text string
	args []any
}

func run(ctx context.Context, tx *sql.Tx, all ...statement) error {
	for _, s := range all {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// write runs do in one commit, and reads what it did.
func (f *File) write(ctx context.Context, do func(tx *sql.Tx, seq int64) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	defer tx.Rollback()
	var seq int64
	err = tx.QueryRowContext(ctx, "UPDATE state SET seq = seq + 1 RETURNING seq").Scan(&seq)
	if err == nil {
		err = do(tx, seq)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	_, err = f.Refresh(ctx)
	return err
}

// Leftovers are the documents of which the collection may hold points that don't
// count, and for each the revision that does; "" where none does.
func (f *File) Leftovers(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := f.each(ctx, func(rows *sql.Rows) error {
		var id string
		var revision sql.NullString
		err := rows.Scan(&id, &revision)
		out[id] = revision.String
		return err
	}, "SELECT l.document, d.revision FROM leftovers l LEFT JOIN documents d ON d.id = l.document")
	return out, err
}

// Cleared says that there are no leftovers of documents any more.
func (f *File) Cleared(ctx context.Context, documents map[string]string) error {
	ids := make([]string, 0, len(documents))
	for id := range documents {
		ids = append(ids, id)
	}
	if _, err := f.db.ExecContext(ctx, "DELETE FROM leftovers WHERE document IN (SELECT value FROM json_each(?))", list(ids)); err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	return nil
}

// Embedded tells which of the chunks have a vector of the collection's model.
func (f *File) Embedded(ctx context.Context, chunks []string) (map[string]bool, error) {
	have := map[string]bool{}
	err := f.each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		have[id] = true
		return err
	}, "SELECT c.id FROM json_each(?) j CROSS JOIN chunks c WHERE c.id = j.value AND c.embedded", list(chunks))
	return have, err
}

func (f *File) each(ctx context.Context, do func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := f.read.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return fmt.Errorf("ledger: %w", f.fault(err))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	return nil
}

// list is what json_each takes apart.
func list[V string | [3]any](values []V) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil { // strings and flags always marshal
		panic(err)
	}
	return string(b)
}
