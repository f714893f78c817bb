package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// Claimed is the root that holds a source's name in a knowledge base, "" if the
// name is free.
func (s *Store) Claimed(ctx context.Context, base, source string) (string, error) {
	return claimed(ctx, s.read, base, source)
}

// Claim gives a source's name to root, for ever. A name that another root holds
// is a kb.Conflict; claiming one's own again is nothing.
func (s *Store) Claim(ctx context.Context, base, source, root string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		holder, err := claimed(ctx, tx, base, source)
		if err != nil {
			return err
		}
		if holder == "" {
			_, err = tx.ExecContext(ctx, `INSERT INTO sources (base, name, root, created) VALUES (?, ?, ?, ?)`, base, source, root, micros(s.now()))
			return err
		}
		if holder != root {
			return kb.Errorf(kb.Conflict, "The source name %q in the knowledge base %q belongs to %s. Give this one a name of its own with --source NAME.", source, base, holder)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("claim source: %w", err)
	}
	return nil
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func claimed(ctx context.Context, q querier, base, source string) (string, error) {
	var root string
	err := q.QueryRowContext(ctx, `SELECT root FROM sources WHERE base = ? AND name = ?`, base, source).Scan(&root)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("source: %w", err)
	}
	return root, nil
}
