package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

const columns = `id, base, source, path, title, url, updated, audience, product, version, tags, language,
	valid_from, valid_until, status, reason, chunks, bytes, fingerprint, indexed`

func scanDocument(row interface{ Scan(...any) error }) (kb.DocumentInfo, error) {
	var d kb.DocumentInfo
	var updated, from, until, indexed sql.NullInt64
	var tags string
	err := row.Scan(&d.ID, &d.KB, &d.Source, &d.Path, &d.Title, &d.URL, &updated, &d.Audience, &d.Product, &d.Version, &tags, &d.Language,
		&from, &until, &d.Status, &d.Reason, &d.Chunks, &d.Bytes, &d.Fingerprint, &indexed)
	if err != nil {
		return d, err
	}
	d.Updated, d.ValidFrom, d.ValidUntil, d.Indexed = fromMicros(updated), fromMicros(from), fromMicros(until), fromMicros(indexed)
	if tags != "[]" {
		err = json.Unmarshal([]byte(tags), &d.Tags)
	}
	return d, err
}

// Documents implements ingest.Manifest.
func (s *Store) Documents(ctx context.Context, base, source string) ([]kb.DocumentInfo, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+columns+` FROM documents WHERE base = ? AND source = ? ORDER BY path`, base, source)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return collect(rows, scanDocument)
}

// Document returns one document; an unknown id is a kb.NotFound.
func (s *Store) Document(ctx context.Context, id string) (kb.DocumentInfo, error) {
	d, err := scanDocument(s.read.QueryRowContext(ctx, `SELECT `+columns+` FROM documents WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return kb.DocumentInfo{}, kb.Errorf(kb.NotFound, "There is no document %q. It may have been deleted; list the documents to see those that exist.", id)
	}
	if err != nil {
		return kb.DocumentInfo{}, fmt.Errorf("manifest: %w", err)
	}
	return d, nil
}

// List returns a page of the documents that a reader sees.
func (s *Store) List(ctx context.Context, l kb.Listing) ([]kb.DocumentInfo, error) {
	now := micros(l.Reader.Now)
	rows, err := s.read.QueryContext(ctx, `SELECT `+columns+` FROM documents WHERE base = ? AND id > ?
		AND (? OR audience = ? AND (valid_from IS NULL OR valid_from <= ?) AND (valid_until IS NULL OR valid_until > ?)) ORDER BY id LIMIT ?`,
		l.KB, l.After, l.Reader.Audience == kb.Agent, kb.Public, now, now, l.Limit)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return collect(rows, scanDocument)
}

// Mark implements ingest.Manifest.
func (s *Store) Mark(ctx context.Context, base string, infos []kb.DocumentInfo) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		stmt, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO documents (`+columns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`)
		if err != nil {
			return err
		}
		defer stmt.Close()
		for _, d := range infos {
			tags, err := json.Marshal(d.Tags)
			if err != nil {
				return err
			}
			if len(d.Tags) == 0 {
				tags = []byte("[]")
			}
			_, err = stmt.ExecContext(ctx, d.ID, base, d.Source, d.Path, d.Title, d.URL, micros(d.Updated), d.Audience, d.Product, d.Version, string(tags), d.Language,
				micros(d.ValidFrom), micros(d.ValidUntil), d.Status, d.Reason, d.Chunks, d.Bytes, d.Fingerprint, micros(d.Indexed))
			if err == nil {
				_, err = tx.ExecContext(ctx, noteChange, d.ID, base)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", d.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark manifest: %w", err)
	}
	return nil
}

// Remove implements ingest.Manifest.
func (s *Store) Remove(ctx context.Context, base string, ids []string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `DELETE FROM documents WHERE base = ? AND id = ?`, base, id); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, noteChange, id, base); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return nil
}
