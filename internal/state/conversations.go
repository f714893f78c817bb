package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// pruneBatch is a number of conversations that no writer waits long for.
const pruneBatch = 200

func scanConversation(row interface{ Scan(...any) error }) (kb.Conversation, error) {
	var c kb.Conversation
	var created, updated sql.NullInt64
	err := row.Scan(&c.ID, &c.Owner, &c.Title, &created, &updated)
	c.Created, c.Updated = fromMicros(created), fromMicros(updated)
	return c, err
}

// Conversation returns an owner's conversation; that of another owner is as
// unknown as none: a kb.NotFound.
func (s *Store) Conversation(ctx context.Context, owner, id string) (kb.Conversation, error) {
	c, err := scanConversation(s.read.QueryRowContext(ctx, `SELECT id, owner, title, created, updated FROM conversations WHERE id = ? AND owner = ?`, id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Conversation{}, noConversation(id)
	}
	if err != nil {
		return kb.Conversation{}, fmt.Errorf("conversation: %w", err)
	}
	return c, nil
}

func noConversation(id string) error {
	return kb.Errorf(kb.NotFound, "There is no conversation %q of yours. It may have been deleted, or be older than conversations are kept.", id)
}

// Conversations lists up to limit of an owner's conversations, the latest
// updated first, from the one after cursor ("" is the start). Next is the cursor
// of the next page, "" after the last.
func (s *Store) Conversations(ctx context.Context, owner, cursor string, limit int) (list []kb.Conversation, next string, err error) {
	updated, id := int64(math.MaxInt64), ""
	if cursor != "" {
		if updated, id, err = parseCursor(cursor); err != nil {
			return nil, "", err
		}
	}
	rows, err := s.read.QueryContext(ctx, `SELECT id, owner, title, created, updated FROM conversations
		WHERE owner = ? AND (updated, id) < (?, ?) ORDER BY updated DESC, id DESC LIMIT ?`, owner, updated, id, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("conversations: %w", err)
	}
	if list, err = collect(rows, scanConversation); err != nil {
		return nil, "", fmt.Errorf("conversations: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = strconv.FormatInt(last.Updated.UnixMicro(), 36) + "." + last.ID
	}
	return list, next, nil
}

func parseCursor(cursor string) (updated int64, id string, err error) {
	when, id, ok := strings.Cut(cursor, ".")
	updated, err = strconv.ParseInt(when, 36, 64)
	if !ok || err != nil {
		return 0, "", kb.Errorf(kb.Invalid, "The cursor is not one of this list. Begin again without one.")
	}
	return updated, id, nil
}

// DeleteConversations deletes those of an owner's conversations that have one of
// the ids, or all of them where there is no id, with their answers and feedback,
// and returns how many there were.
func (s *Store) DeleteConversations(ctx context.Context, owner string, ids ...string) (n int, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		if len(ids) == 0 {
			n, err = affected(tx.ExecContext(ctx, `DELETE FROM conversations WHERE owner = ?`, owner))
			return err
		}
		for _, id := range ids {
			one, err := affected(tx.ExecContext(ctx, `DELETE FROM conversations WHERE owner = ? AND id = ?`, owner, id))
			if err != nil {
				return err
			}
			n += one
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("delete conversations: %w", err)
	}
	return n, nil
}

func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Prune deletes the conversations that were last updated before the time (none
// if it is zero), with their answers and feedback, and the sessions that have
// ended. It returns how many conversations there were.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE expires <= ?`, micros(s.now())); err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	for total := 0; ; {
		n, err := affected(s.write.ExecContext(ctx, `DELETE FROM conversations WHERE id IN
			(SELECT id FROM conversations WHERE updated < ? LIMIT ?)`, micros(before), pruneBatch))
		if err != nil {
			return total, fmt.Errorf("prune conversations: %w", err)
		}
		total += n
		if n < pruneBatch {
			return total, nil
		}
	}
}
