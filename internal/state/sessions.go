package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// sessionSlack is how much longer a session must get to be worth a write.
const sessionSlack = time.Minute

// CreateSession begins a session of the key with the id and returns its token,
// of which only the hash is kept. An unknown key is a kb.Unauthorized.
func (s *Store) CreateSession(ctx context.Context, key string, expires time.Time) (string, error) {
	token := rand.Text() + rand.Text()
	res, err := s.write.ExecContext(ctx, `INSERT INTO sessions (hash, key, expires) SELECT ?, id, ? FROM keys WHERE id = ?`,
		hash(token), micros(expires), key)
	if err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(err, kb.Errorf(kb.Unauthorized, "This key is not known here any more."))
	}
	return token, nil
}

// SessionKey returns the key of a session that is good at now, and lets it last
// until extend if that is more than a minute later than it would. A session that
// ended, or whose key was deleted, is a kb.Unauthorized.
func (s *Store) SessionKey(ctx context.Context, token string, now, extend time.Time) (kb.Key, error) {
	h := hash(token)
	var expires sql.NullInt64
	k, err := scanKey(s.read.QueryRowContext(ctx, `SELECT `+keyColumns+`, s.expires FROM sessions s JOIN keys k ON k.id = s.key
		WHERE s.hash = ? AND s.expires > ?`, h, micros(now)), &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Key{}, kb.Errorf(kb.Unauthorized, "The session has ended. Sign in again on /login.")
	}
	if err != nil {
		return kb.Key{}, fmt.Errorf("session: %w", err)
	}
	if extend.Sub(fromMicros(expires)) > sessionSlack {
		if _, err := s.write.ExecContext(ctx, `UPDATE sessions SET expires = ? WHERE hash = ?`, micros(extend), h); err != nil {
			s.log.Warn("session was not extended", "error", err) // it is good for now
		}
	}
	return k, nil
}

// DeleteSession ends a session. An unknown one is not an error.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE hash = ?`, hash(token)); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}
