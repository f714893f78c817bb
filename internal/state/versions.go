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
	Profile  string // of its embedder in the settings; "" is the main one
	Embedder string // Embedder.Model when it was begun; "" without one
	Role     Role
	Created  time.Time
}

// Role is what a version is there for.
type Role string

// The roles. A base has one current version, and at most one beside it.
const (
	Current  Role = "current"  // it is searched and written
	Building Role = "building" // a copy in another backend that was not finished
	Beside   Role = "beside"   // with another embedder: to go to, or to go back to
)

const selectVersions = `SELECT id, base, backend, profile, embedder, state, created FROM index_versions WHERE base = ?`

func scanVersion(row interface{ Scan(...any) error }) (v IndexVersion, err error) {
	var created sql.NullInt64
	err = row.Scan(&v.ID, &v.Base, &v.Backend, &v.Profile, &v.Embedder, &v.Role, &created)
	v.Created = fromMicros(created)
	return v, err
}

// Versions are the indexes of a knowledge base: the current one first, then the
// others by age. An unknown base is a kb.NotFound.
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

// Profile is the current version of a base and the name of its embedder in the
// settings; "" is the main one. An unknown base is a kb.NotFound.
func (s *Store) Profile(ctx context.Context, base string) (version, profile string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT id, profile FROM index_versions WHERE base = ? AND state = 'current'`, base).Scan(&version, &profile)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = s.noBase(ctx, base)
	case err != nil:
		err = fmt.Errorf("index version: %w", err)
	}
	return version, profile, err
}

// Live are the ids of the versions of a knowledge base, in whatever backend; none
// where it is unknown.
func (s *Store) Live(ctx context.Context, base string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM index_versions WHERE base = ? ORDER BY id`, base)
	if err != nil {
		return nil, fmt.Errorf("index versions: %w", err)
	}
	return collect(rows, func(row interface{ Scan(...any) error }) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

const insertVersion = `INSERT INTO index_versions (id, base, embedder, analyzer, extractor, chunker, backend, profile, state, created) `

// Build begins a copy of a knowledge base's index in a backend, or goes on with the
// one that was begun there. It is made with what the current one was made with.
func (s *Store) Build(ctx context.Context, base, backend string) (v IndexVersion, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		id := uuid.NewString()
		err := tx.QueryRowContext(ctx, `DELETE FROM index_versions WHERE base = ? AND state = 'building' AND backend = ? RETURNING id`, base, backend).Scan(&id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		res, err := tx.ExecContext(ctx, insertVersion+`SELECT ?, base, embedder, analyzer, extractor, chunker, ?, profile, 'building', ?
			FROM index_versions WHERE base = ? AND state = 'current'`, id, backend, micros(s.now().UTC()), base)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, s.noBase(ctx, base))
		}
		v, err = scanVersion(tx.QueryRowContext(ctx, selectVersions+` AND id = ?`, base, id))
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
