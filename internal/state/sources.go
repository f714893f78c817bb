package state

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// Roots are the names of a knowledge base's sources and the root that holds each.
func (s *Store) Roots(ctx context.Context, base string) (map[string]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT name, root FROM sources WHERE base = ?`, base)
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	list, err := collect(rows, func(row interface{ Scan(...any) error }) (pair [2]string, err error) {
		return pair, row.Scan(&pair[0], &pair[1])
	})
	roots := map[string]string{}
	for _, pair := range list {
		roots[pair[0]] = pair[1]
	}
	return roots, err
}

// Move gives a source's name to the folder that root is now. There being no such
// source is a kb.NotFound.
func (s *Store) Move(ctx context.Context, base, source, root string) error {
	n, err := affected(s.write.ExecContext(ctx, `UPDATE sources SET root = ? WHERE base = ? AND name = ?`, root, base, source))
	if err != nil {
		return fmt.Errorf("move source: %w", err)
	}
	if n == 0 {
		return kb.Errorf(kb.NotFound, "There is no source %q in the knowledge base %q that could have moved. Leave out --moved.", source, base)
	}
	return nil
}

// Claim gives a source's name to root, until it is moved. A name that another root holds
// is a kb.Conflict; claiming one's own again is nothing.
func (s *Store) Claim(ctx context.Context, base, source, root string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sources (base, name, root, created) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, base, source, root, micros(s.now()))
		if err != nil {
			return err
		}
		var holder string
		if err := tx.QueryRowContext(ctx, `SELECT root FROM sources WHERE base = ? AND name = ?`, base, source).Scan(&holder); err != nil {
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
