package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/askdesk/askdesk/kb"
)

// Place begins the version beside the current one of a knowledge base, in the same
// backend: every document is still to be brought into it. One that stands there is
// a kb.Conflict.
func (s *Store) Place(ctx context.Context, base, profile, embedder string) (v IndexVersion, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		var there int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM index_versions WHERE base = ? AND state = 'beside'`, base).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			return kb.Errorf(kb.Conflict, "The knowledge base %q has an index beside the one in use already. Remove it with: askdesk index discard --kb %s", base, base)
		}
		id := uuid.NewString()
		res, err := tx.ExecContext(ctx, insertVersion+`SELECT ?, base, ?, analyzer, extractor, chunker, backend, ?, 'beside', ?
			FROM index_versions WHERE base = ? AND state = 'current'`, id, embedder, profile, micros(s.now().UTC()), base)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, s.noBase(ctx, base))
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO index_changes (version, document) SELECT ?, id FROM documents WHERE base = ? AND chunks > 0`, id, base); err != nil {
			return err
		}
		v, err = scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND id = ?`, base, id))
		return err
	})
	if err != nil {
		return IndexVersion{}, fmt.Errorf("begin an index: %w", err)
	}
	return v, nil
}

// Discard forgets the version beside the current one. Its files are its index's to
// remove. Where there is none it is a kb.NotFound.
func (s *Store) Discard(ctx context.Context, base string) error {
	res, err := s.write.ExecContext(ctx, `DELETE FROM index_versions WHERE base = ? AND state = 'beside'`, base)
	if err != nil {
		return fmt.Errorf("discard an index: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, kb.Errorf(kb.NotFound, "The knowledge base %q has no index beside the one in use.", base))
	}
	return nil
}

// Changes are documents that a version may not have as the manifest has them,
// ordered by id, from behind one on; those that the manifest has no more are among
// them.
func (s *Store) Changes(ctx context.Context, version, after string, limit int) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT document FROM index_changes WHERE version = ? AND document > ? ORDER BY document LIMIT ?`, version, after, limit)
	if err != nil {
		return nil, fmt.Errorf("changes of an index: %w", err)
	}
	return collect(rows, func(row interface{ Scan(...any) error }) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

// Behind is how many documents Changes would name.
func (s *Store) Behind(ctx context.Context, version string) (n int, err error) {
	if err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM index_changes WHERE version = ?`, version).Scan(&n); err != nil {
		err = fmt.Errorf("changes of an index: %w", err)
	}
	return n, err
}

// Settle notes that a version has documents as the manifest has them. The caller
// holds the write lock since before it read them.
func (s *Store) Settle(ctx context.Context, version string, documents []string) error {
	return s.changes(ctx, `DELETE FROM index_changes WHERE version = ? AND document = ?`, version, documents)
}

// Unsettle notes that a version may not have documents as the manifest has them.
func (s *Store) Unsettle(ctx context.Context, version string, documents []string) error {
	return s.changes(ctx, `INSERT OR IGNORE INTO index_changes (version, document) VALUES (?, ?)`, version, documents)
}

func (s *Store) changes(ctx context.Context, statement, version string, documents []string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		for _, id := range documents {
			if _, err := tx.ExecContext(ctx, statement, version, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("changes of an index: %w", err)
	}
	return nil
}

// noteChange has the version beside the current one of a base look at a document.
const noteChange = `INSERT OR IGNORE INTO index_changes (version, document) SELECT id, ? FROM index_versions WHERE base = ? AND state = 'beside'`

// Exchange makes the version beside the current one of a base the current one, and
// the other way round. The manifest then says of each document that it was embedded
// as the version is. What it says of the one that is left is kept: that one has the
// model, which its embedder has in the settings, if a document has it, or else the one
// that most have; documents that have another are looked at again when it is gone back to.
func (s *Store) Exchange(ctx context.Context, base, version, model string) error {
	const (
		apart = `base = ? AND chunks > 0 AND substr(fingerprint, instr(fingerprint, ' ') + 1) <> ?`
		// The settings of an embedder may have changed since the version was begun.
		had = `WITH m (name) AS (
				SELECT substr(fingerprint, instr(fingerprint, ' ') + 1) AS name FROM documents WHERE base = ? AND chunks > 0 AND instr(fingerprint, ' ') > 0
				GROUP BY 1 ORDER BY name = ? DESC, count(*) DESC, name LIMIT 1)
			UPDATE index_versions SET embedder = (SELECT name FROM m) WHERE id = ? AND EXISTS (SELECT 1 FROM m) RETURNING embedder`
		stamp = `UPDATE documents SET fingerprint = substr(fingerprint, 1, instr(fingerprint, ' ')) || ? WHERE base = ? AND instr(fingerprint, ' ') > 0`
	)
	err := s.update(ctx, func(tx *sql.Tx) error {
		to, err := scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND id = ? AND state = 'beside'`, base, version))
		if errors.Is(err, sql.ErrNoRows) {
			return kb.Errorf(kb.Conflict, "The index of %q was switched or discarded meanwhile. Look with: askdesk index status", base)
		}
		if err != nil {
			return err
		}
		from, err := scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND state = 'current'`, base))
		if err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, had, base, model, from.ID).Scan(&from.Embedder); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		for _, step := range []struct {
			statement string
			args      []any
		}{
			{`INSERT INTO index_changes (version, document) SELECT ?, id FROM documents WHERE ` + apart, []any{from.ID, base, from.Embedder}},
			{stamp, []any{to.Embedder, base}},
			{`DELETE FROM index_changes WHERE version = ?`, []any{to.ID}},
			{`UPDATE index_versions SET state = 'beside' WHERE id = ?`, []any{from.ID}},
			{`UPDATE index_versions SET state = 'current' WHERE id = ?`, []any{to.ID}},
		} {
			if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("switch the index: %w", err)
	}
	return nil
}
