// Package judged makes judged questions from what agents thought of answers.
package judged

import (
	"encoding/json"
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
	// nothing, or were asked of several knowledge bases.
	Down, Other int
}

// body is what an answer's stored form has of use.
type body struct {
	Query     string      `json:"query"`
	KB        []string    `json:"kb"`
	Band      answer.Band `json:"band"`
	Citations []struct {
		Source string `json:"source"`
		Path   string `json:"path"`
		Quote  string `json:"quote"`
	} `json:"citations"`
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
		if err := json.Unmarshal(r.Body, &b); err != nil {
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
		case !ok || len(b.KB) != 1:
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
	q = eval.Question{ID: "feedback-" + r.ID, Text: b.Query, Kind: "feedback"}
	if b.Band == answer.BandHandoff {
		q.Why = "a person agreed that the documents do not answer it"
		return q, true
	}
	q.Answerable, q.Reference = true, r.Text
	for _, c := range b.Citations {
		q.Must = append(q.Must, c.Quote)
		if path := c.Source + "/" + c.Path; !slices.Contains(q.Gold, path) {
			q.Gold = append(q.Gold, path)
		}
	}
	if len(q.Gold) > 1 { // they answer together
		q.Kind = eval.KindMulti
	}
	return q, len(q.Must) > 0
}
