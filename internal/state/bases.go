package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/askdesk/askdesk/kb"
)

// Components name what an index version was made with.
type Components struct{ Embedder, Analyzer, Extractor, Chunker string }

// CreateBase makes a knowledge base and its first index version. A name that is
// taken is a kb.Conflict.
func (s *Store) CreateBase(ctx context.Context, name string, c Components) (kb.Base, error) {
	if err := kb.CheckBaseName(name); err != nil {
		return kb.Base{}, err
	}
	b := kb.Base{Name: name, Created: s.now().UTC(), Version: uuid.NewString()}
	err := s.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO bases (name, created) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, micros(b.Created))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, kb.Errorf(kb.Conflict, "The knowledge base %q exists already. Use it, or choose another name.", name))
		}
		_, err = tx.ExecContext(ctx, insertVersion+`VALUES (?, ?, ?, ?, ?, ?, ?, '', 'current', ?)`, b.Version, name, c.Embedder, c.Analyzer, c.Extractor, c.Chunker, s.backend, micros(b.Created))
		return err
	})
	if err != nil {
		return kb.Base{}, fmt.Errorf("create knowledge base: %w", err)
	}
	return b, nil
}

const selectBases = `SELECT b.name, b.created, v.id,
	(SELECT count(*) FROM documents d WHERE d.base = b.name AND d.chunks > 0),
	(SELECT coalesce(sum(d.chunks), 0) FROM documents d WHERE d.base = b.name)
	FROM bases b JOIN index_versions v ON v.base = b.name AND v.state = 'current' `

func scanBase(row interface{ Scan(...any) error }) (kb.Base, error) {
	var b kb.Base
	var created sql.NullInt64
	err := row.Scan(&b.Name, &created, &b.Version, &b.Documents, &b.Chunks)
	b.Created = fromMicros(created)
	return b, err
}

// Base returns a knowledge base. The kb.NotFound of an unknown one names those
// that exist and how to make one.
func (s *Store) Base(ctx context.Context, name string) (kb.Base, error) {
	b, err := scanBase(s.read.QueryRowContext(ctx, selectBases+`WHERE b.name = ?`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Base{}, s.noBase(ctx, name)
	}
	if err != nil {
		return kb.Base{}, fmt.Errorf("knowledge base: %w", err)
	}
	return b, nil
}

// Bases returns all knowledge bases ordered by name.
func (s *Store) Bases(ctx context.Context) ([]kb.Base, error) {
	rows, err := s.read.QueryContext(ctx, selectBases+`ORDER BY b.name`)
	if err != nil {
		return nil, fmt.Errorf("knowledge bases: %w", err)
	}
	return collect(rows, scanBase)
}

// Version is the current index version of a knowledge base: the cheap part of
// Base, for those who ask often. That of one which another backend keeps is a
// kb.Unavailable: looked for in this one, it would seem to be empty.
func (s *Store) Version(ctx context.Context, base string) (string, error) {
	var id, backend string
	err := s.read.QueryRowContext(ctx, `SELECT id, backend FROM index_versions WHERE base = ? AND state = 'current'`, base).Scan(&id, &backend)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", s.noBase(ctx, base)
	case err != nil:
		return "", fmt.Errorf("index version: %w", err)
	case backend != s.backend:
		return "", kb.Errorf(kb.Unavailable, "The knowledge base %q is kept in the %s index, and index.kind is %s: set index.kind: %s to use it, or move it with: askdesk index copy --kb %s --to %s",
			base, backend, s.backend, backend, base, s.backend)
	}
	return id, nil
}

// Elsewhere are the knowledge bases, ordered by name, that another backend keeps.
func (s *Store) Elsewhere(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT base FROM index_versions WHERE state = 'current' AND backend <> ? ORDER BY base`, s.backend)
	if err != nil {
		return nil, fmt.Errorf("knowledge bases of another backend: %w", err)
	}
	return collect(rows, func(row interface{ Scan(...any) error }) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	})
}

// DeleteBase forgets a knowledge base, its sources and its documents. The index
// files are the index's to remove.
func (s *Store) DeleteBase(ctx context.Context, name string) error {
	res, err := s.write.ExecContext(ctx, `DELETE FROM bases WHERE name = ?`, name)
	if err != nil {
		return fmt.Errorf("delete knowledge base: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return s.noBase(ctx, name)
	}
	return nil
}

func (s *Store) noBase(ctx context.Context, name string) error {
	all, err := s.Bases(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return kb.Errorf(kb.NotFound, "There is no knowledge base %q, and none at all yet. Make one with: askdesk ingest PATH --kb NAME", name)
	}
	names := make([]string, len(all))
	for i, b := range all {
		names[i] = b.Name
	}
	return kb.Errorf(kb.NotFound, "There is no knowledge base %q. There is: %s. Make one with: askdesk ingest PATH --kb NAME", name, strings.Join(names, ", "))
}

// collect scans all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(interface{ Scan(...any) error }) (T, error)) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
