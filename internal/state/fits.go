package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// lastRun is the number of a knowledge base's last fit; 0 where nothing was fitted.
const lastRun = `(SELECT coalesce(max(run), 0) FROM fits WHERE base = ?)`

// Calibration implements retrieval.Calibrations.
func (s *Store) Calibration(ctx context.Context, base, scale string) (kb.Calibration, bool, error) {
	var body string
	err := s.read.QueryRowContext(ctx, `SELECT body FROM fits WHERE base = ? AND scale = ? AND run = `+lastRun, base, scale, base).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Calibration{}, false, nil
	}
	if err != nil {
		return kb.Calibration{}, false, fmt.Errorf("calibration: %w", err)
	}
	f, err := decodeFit(body)
	return f.Calibration, err == nil, err
}

// Fits are what was last fitted to a knowledge base, by scale; none where nothing was.
func (s *Store) Fits(ctx context.Context, base string) ([]kb.Fitted, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT body FROM fits WHERE base = ? AND run = `+lastRun+` ORDER BY scale`, base, base)
	if err != nil {
		return nil, fmt.Errorf("fits: %w", err)
	}
	list, err := collect(rows, func(row interface{ Scan(...any) error }) (kb.Fitted, error) {
		var body string
		if err := row.Scan(&body); err != nil {
			return kb.Fitted{}, err
		}
		return decodeFit(body)
	})
	if err != nil {
		return nil, fmt.Errorf("fits: %w", err)
	}
	return list, nil
}

// SaveFits puts what was fitted to a knowledge base, one a scale, in place of what
// was before, which UndoFits brings back. What was fitted to other scales stays.
func (s *Store) SaveFits(ctx context.Context, base string, fits []kb.Fitted) error {
	if _, err := s.Base(ctx, base); err != nil {
		return err
	}
	err := s.update(ctx, func(tx *sql.Tx) error {
		var run int
		if err := tx.QueryRowContext(ctx, `SELECT 1 + `+lastRun, base).Scan(&run); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO fits SELECT base, ?1, scale, body FROM fits WHERE base = ?2 AND run = ?1 - 1`, run, base); err != nil {
			return err
		}
		for _, f := range fits {
			body, err := json.Marshal(f)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO fits (base, run, scale, body) VALUES (?, ?, ?, ?)`, base, run, f.Scale, string(body)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save fits: %w", err)
	}
	return nil
}

// UndoFits forgets what was last fitted to a knowledge base; what was before it
// counts again. Nothing fitted is a kb.NotFound.
func (s *Store) UndoFits(ctx context.Context, base string) error {
	if _, err := s.Base(ctx, base); err != nil {
		return err
	}
	n, err := affected(s.write.ExecContext(ctx, `DELETE FROM fits WHERE base = ? AND run = `+lastRun, base, base))
	if err != nil {
		return fmt.Errorf("undo fits: %w", err)
	}
	if n == 0 {
		return kb.Errorf(kb.NotFound, "Nothing was fitted to %q: its relevance is the default already.", base)
	}
	return nil
}

func decodeFit(body string) (f kb.Fitted, err error) {
	if err = json.Unmarshal([]byte(body), &f); err != nil {
		err = fmt.Errorf("fit: %w", err)
	}
	return f, err
}
