package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/askdesk/askdesk/kb"
)

// IndexVersion is one index of a knowledge base.
type IndexVersion struct {
	ID       string
	Base     string
	Backend  string // that keeps it
	Embedder string // Embedder.Model when it was begun; "" without one
	Current  bool   // it is searched and written; else it is being built
	Created  time.Time
}

const selectVersions = `SELECT id, base, backend, embedder, state = 'current', created FROM index_versions WHERE state <> 'retired' AND base = ?`

func scanVersion(row interface{ Scan(...any) error }) (v IndexVersion, err error) {
	var created sql.NullInt64
	err = row.Scan(&v.ID, &v.Base, &v.Backend, &v.Embedder, &v.Current, &created)
	v.Created = fromMicros(created)
	return v, err
}

// Versions are the indexes of a knowledge base: the current one first, then one that
// is being built, if there is one. An unknown base is a kb.NotFound.
func (s *Store) Versions(ctx context.Context, base string) ([]IndexVersion, error) {
	rows, err := s.read.QueryContext(ctx, selectVersions+` ORDER BY state = 'current' DESC, created`, base)
	if err != nil {
		return nil, fmt.Errorf("index versions: %w", err)
	}
	list, err := collect(rows, scanVersion)
	if err == nil && len(list) == 0 {
		err = s.noBase(ctx, base)
	}
	return list, err
}

// Build begins an index of a knowledge base in a backend, or goes on with the one
// that was begun there. It is made with what the current one was made with.
func (s *Store) Build(ctx context.Context, base, backend string) (v IndexVersion, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		v, err = scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND state = 'building' AND backend = ?`, base, backend))
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO index_versions (id, base, embedder, analyzer, extractor, chunker, backend, state, created)
			SELECT ?, base, embedder, analyzer, extractor, chunker, ?, 'building', ? FROM index_versions WHERE base = ? AND state = 'current'`,
			uuid.NewString(), backend, micros(s.now().UTC()), base)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, s.noBase(ctx, base))
		}
		v, err = scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND state = 'building' AND backend = ?`, base, backend))
		return err
	})
	if err != nil {
		return IndexVersion{}, fmt.Errorf("begin an index: %w", err)
	}
	return v, nil
}

// Switch makes a version that was built the current one of its base. The one before
// is forgotten; its files are its index's to remove.
func (s *Store) Switch(ctx context.Context, base, version string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM index_versions WHERE base = ? AND state = 'current' AND id <> ?`, base, version); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE index_versions SET state = 'current' WHERE base = ? AND id = ?`, base, version)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, kb.Errorf(kb.NotFound, "There is no index %s of the knowledge base %q.", version, base))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("switch the index: %w", err)
	}
	return nil
}
