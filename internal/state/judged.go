package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// Judged are the judged questions of a knowledge base as they were saved, ordered
// by id.
func (s *Store) Judged(ctx context.Context, base string) ([]json.RawMessage, error) {
	if _, err := s.Base(ctx, base); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT body FROM judged WHERE base = ? ORDER BY id`, base)
	if err != nil {
		return nil, fmt.Errorf("judged questions: %w", err)
	}
	list, err := collect(rows, func(row interface{ Scan(...any) error }) (json.RawMessage, error) {
		var body string
		err := row.Scan(&body)
		return json.RawMessage(body), err
	})
	if err != nil {
		return nil, fmt.Errorf("judged questions: %w", err)
	}
	return list, nil
}

// SaveJudged saves judged questions by id, in place of those with the same ids and
// of all whose ids begin with prefix, unless that is "".
func (s *Store) SaveJudged(ctx context.Context, base, prefix string, questions map[string]json.RawMessage) error {
	if _, err := s.Base(ctx, base); err != nil {
		return err
	}
	err := s.update(ctx, func(tx *sql.Tx) error {
		if prefix != "" {
			if _, err := tx.ExecContext(ctx, `DELETE FROM judged WHERE base = ? AND substr(id, 1, length(?2)) = ?2`, base, prefix); err != nil {
				return err
			}
		}
		for id, body := range questions {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO judged (base, id, body, created) VALUES (?, ?, ?, ?)`, base, id, string(body), micros(s.now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save judged questions: %w", err)
	}
	return nil
}

// RemoveJudged removes judged questions by id and returns how many there were.
func (s *Store) RemoveJudged(ctx context.Context, base string, ids []string) (n int, err error) {
	if _, err := s.Base(ctx, base); err != nil {
		return 0, err
	}
	list, err := json.Marshal(append([]string{}, ids...))
	if err == nil {
		n, err = affected(s.write.ExecContext(ctx, `DELETE FROM judged WHERE base = ? AND id IN (SELECT value FROM json_each(?))`, base, string(list)))
	}
	if err != nil {
		return 0, fmt.Errorf("remove judged questions: %w", err)
	}
	return n, nil
}

// ClearJudged removes all judged questions and returns how many there were.
func (s *Store) ClearJudged(ctx context.Context, base string) (int, error) {
	if _, err := s.Base(ctx, base); err != nil {
		return 0, err
	}
	n, err := affected(s.write.ExecContext(ctx, `DELETE FROM judged WHERE base = ?`, base))
	if err != nil {
		return 0, fmt.Errorf("remove judged questions: %w", err)
	}
	return n, nil
}

// Rated are all answers that somebody gave feedback on, in the order of the
// feedback; an answer comes once for each who did.
func (s *Store) Rated(ctx context.Context) ([]kb.Rated, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT f.owner, f.up, f.reason, f.note, f.created,
		a.id, c.owner, a.conversation, a.origin, a.created, a.question, a.text, a.body, a.evidence
		FROM feedback f JOIN answers a ON a.id = f.answer JOIN conversations c ON c.id = a.conversation ORDER BY f.created, a.seq, f.owner`)
	if err != nil {
		return nil, fmt.Errorf("rated answers: %w", err)
	}
	list, err := collect(rows, func(row interface{ Scan(...any) error }) (r kb.Rated, err error) {
		var given sql.NullInt64
		r.Record, err = scanAnswer(prefixed{row, []any{&r.Feedback.Owner, &r.Feedback.Up, &r.Feedback.Reason, &r.Feedback.Note, &given}})
		r.Feedback.Answer, r.Feedback.Created = r.ID, fromMicros(given)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("rated answers: %w", err)
	}
	return list, nil
}

// prefixed scans some columns before those that its caller asks for.
type prefixed struct {
	row   interface{ Scan(...any) error }
	first []any
}

func (p prefixed) Scan(dest ...any) error { return p.row.Scan(append(p.first, dest...)...) }
