package state

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// SaveAnswer stores an answer. Its conversation begins with it under the title,
// or is brought up to date; a conversation of another owner is a kb.NotFound.
func (s *Store) SaveAnswer(ctx context.Context, title string, r kb.Record) error {
	body, err := deflate(r.Body)
	if err != nil {
		return fmt.Errorf("save answer: %w", err)
	}
	evidence, err := deflate(r.Evidence)
	if err != nil {
		return fmt.Errorf("save answer: %w", err)
	}
	err = s.update(ctx, func(tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `INSERT INTO conversations (id, owner, title, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)
			ON CONFLICT (id) DO UPDATE SET updated = ?4 WHERE owner = ?2`, r.Conversation, r.Owner, title, micros(r.Created)))
		if err == nil && n == 0 {
			err = noConversation(r.Conversation)
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO answers (id, conversation, origin, created, question, text, body, evidence)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.Conversation, r.From, micros(r.Created), r.Question, r.Text, body, evidence)
		return err
	})
	if err != nil {
		return fmt.Errorf("save answer: %w", err)
	}
	return nil
}

const selectAnswers = `SELECT a.id, c.owner, a.conversation, a.origin, a.created, a.question, a.text, a.body, a.evidence
	FROM answers a JOIN conversations c ON c.id = a.conversation `

func scanAnswer(row interface{ Scan(...any) error }) (r kb.Record, err error) {
	var created sql.NullInt64
	var body, evidence []byte
	if err := row.Scan(&r.ID, &r.Owner, &r.Conversation, &r.From, &created, &r.Question, &r.Text, &body, &evidence); err != nil {
		return r, err
	}
	r.Created = fromMicros(created)
	if r.Body, err = inflate(body); err != nil {
		return r, err
	}
	r.Evidence, err = inflate(evidence)
	return r, err
}

// Answer returns an owner's answer; that of another owner is as unknown as none:
// a kb.NotFound.
func (s *Store) Answer(ctx context.Context, owner, id string) (kb.Record, error) {
	r, err := scanAnswer(s.read.QueryRowContext(ctx, selectAnswers+`WHERE a.id = ? AND c.owner = ?`, id, owner))
	if errors.Is(err, sql.ErrNoRows) {
		return kb.Record{}, kb.Errorf(kb.NotFound, "There is no answer %q of yours. It may have been deleted, or be older than answers are kept.", id)
	}
	if err != nil {
		return kb.Record{}, fmt.Errorf("answer: %w", err)
	}
	return r, nil
}

// Answers are the last limit answers of an owner's conversation in the order they
// were saved; none where the conversation is unknown.
func (s *Store) Answers(ctx context.Context, owner, conversation string, limit int) ([]kb.Record, error) {
	rows, err := s.read.QueryContext(ctx, selectAnswers+`WHERE a.conversation = ? AND c.owner = ? ORDER BY a.seq DESC LIMIT ?`, conversation, owner, limit)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	list, err := collect(rows, scanAnswer)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}

// SaveFeedback stores an owner's feedback on an answer, in place of earlier one.
// An unknown answer is a kb.NotFound.
func (s *Store) SaveFeedback(ctx context.Context, f kb.Feedback) error {
	n, err := affected(s.write.ExecContext(ctx, `INSERT OR REPLACE INTO feedback (answer, owner, up, reason, note, created)
		SELECT id, ?, ?, ?, ?, ? FROM answers WHERE id = ?`, f.Owner, f.Up, f.Reason, f.Note, micros(f.Created), f.Answer))
	if err != nil {
		return fmt.Errorf("save feedback: %w", err)
	}
	if n == 0 {
		return kb.Errorf(kb.NotFound, "There is no answer %q. It may have been deleted.", f.Answer)
	}
	return nil
}

// Feedback returns an owner's feedback on those of the answers that have any, by
// answer.
func (s *Store) Feedback(ctx context.Context, owner string, answers ...string) (map[string]kb.Feedback, error) {
	marks := strings.TrimPrefix(strings.Repeat(", ?", len(answers)), ", ")
	args := []any{owner}
	for _, id := range answers {
		args = append(args, id)
	}
	rows, err := s.read.QueryContext(ctx, `SELECT answer, owner, up, reason, note, created FROM feedback WHERE owner = ? AND answer IN (`+marks+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("feedback: %w", err)
	}
	list, err := collect(rows, func(row interface{ Scan(...any) error }) (f kb.Feedback, err error) {
		var created sql.NullInt64
		err = row.Scan(&f.Answer, &f.Owner, &f.Up, &f.Reason, &f.Note, &created)
		f.Created = fromMicros(created)
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("feedback: %w", err)
	}
	byAnswer := make(map[string]kb.Feedback, len(list))
	for _, f := range list {
		byAnswer[f.Answer] = f
	}
	return byAnswer, nil
}

// deflate makes the passages of an answer, which repeat themselves, a quarter as
// large.
func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

func inflate(data []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReader(bytes.NewReader(data)))
}
