// Package judged makes judged questions from what agents thought of answers.
package judged

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Taken is what feedback says.
type Taken struct {
	Questions []eval.Question
	// Down are thumbs down: they tell that an answer was not right, and not what is.
	// Other are thumbs up that judge nothing here: of answers that ask back, cite
	// nothing, or were asked of several knowledge bases,
	// or of some documents only: by a filter, a date or a public key.
	Down, Other int
}

// Prefix begins the id of every question that comes from feedback: a hash of the
// question, so that it is the same whichever answer was rated.
const Prefix = "feedback-"

// body is what an answer's stored form has of use.
type body struct {
	Query     string      `json:"query"`
	KB        []string    `json:"kb"`
	Band      answer.Band `json:"band"`
	Citations []struct {
		Passage int    `json:"passage"`
		Source  string `json:"source"`
		Path    string `json:"path"`
		Quote   string `json:"quote"`
	} `json:"citations"`
	evidence struct{ Narrowed bool }
}

// FromFeedback reads the answers that were rated, oldest feedback first. A thumb
// up says that the quotes of an answer are right, and of a handoff that the
// documents do not answer. Of the same question the last thumb counts.
func FromFeedback(rated []kb.Rated, base string) (Taken, error) {
	var out Taken
	last := map[string]kb.Rated{}
	var order []string
	bodies := map[string]body{}
	for _, r := range rated {
		var b body
		if err := errors.Join(json.Unmarshal(r.Body, &b), json.Unmarshal(r.Evidence, &b.evidence)); err != nil {
			return Taken{}, fmt.Errorf("answer %s: %w", r.ID, err)
		}
		if !slices.Contains(b.KB, base) {
			continue
		}
		key := text.Fold(b.Query)
		if _, seen := last[key]; !seen {
			order = append(order, key)
		}
		last[key], bodies[key] = r, b
	}
	for _, key := range order {
		r, b := last[key], bodies[key]
		q, ok := question(r, b)
		switch {
		case !r.Feedback.Up:
			out.Down++
		case !ok || len(b.KB) != 1 || b.evidence.Narrowed:
			out.Other++
		default:
			q.KB = base
			out.Questions = append(out.Questions, q)
		}
	}
	return out, nil
}

// question is what a thumb up says; ok is false where it says nothing.
func question(r kb.Rated, b body) (q eval.Question, ok bool) {
	sum := sha256.Sum256([]byte(text.Fold(b.Query)))
	q = eval.Question{ID: Prefix + hex.EncodeToString(sum[:8]), Text: b.Query, Kind: "feedback"}
	if b.Band == answer.BandHandoff {
		q.Why = "a person agreed that the documents do not answer it"
		return q, true
	}
	q.Answerable, q.Reference = true, r.Text
	passages := map[int]bool{}
	for _, c := range b.Citations {
		passages[c.Passage] = true
		q.Must = append(q.Must, c.Quote)
		if path := c.Source + "/" + c.Path; !slices.Contains(q.Gold, path) {
			q.Gold = append(q.Gold, path)
		}
	}
	if len(passages) > 1 { // they answer together
		q.Kind = eval.KindMulti
	}
	return q, len(q.Must) > 0
}
