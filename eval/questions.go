// Package eval measures a running service on questions with known answers. It
// calls the same retriever and answerer that serve.
package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Kinds of questions that are counted apart from the others.
const (
	KindFollowUp = "followup" // makes sense only with its history
	KindMulti    = "multi"    // several passages may answer together
	KindNear     = "near"     // unanswerable, about the product
	KindFar      = "far"      // unanswerable, about something else
)

// Question is one line of a file of questions.
type Question struct {
	ID         string   `json:"id"`
	KB         string   `json:"kb"` // that it is asked of
	Text       string   `json:"question"`
	History    []Turn   `json:"history,omitempty"`
	Answerable bool     `json:"answerable"`
	Gold       []string `json:"gold"` // documents, each of which answers by itself
	Must       []string `json:"must"` // what a text that answers holds
	Reference  string   `json:"reference,omitempty"`
	Kind       string   `json:"kind"`
	Why        string   `json:"why,omitempty"` // of an unanswerable one: what is missing
}

// Turn is a turn before the question.
type Turn struct {
	Role    string `json:"role"` // user or assistant
	Content string `json:"content"`
}

func (q Question) history() []kb.Turn {
	turns := make([]kb.Turn, len(q.History))
	for i, t := range q.History {
		turns[i] = kb.Turn{Role: t.Role, Content: t.Content}
	}
	return turns
}

// LoadQuestions reads a file of questions, one JSON object a line. Empty lines
// are skipped; an error names the line.
func LoadQuestions(r io.Reader) ([]Question, error) {
	var list []Question
	seen := map[string]int{}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read questions: %w", err)
		}
		if strings.TrimSpace(line) != "" {
			q, bad := parse(line)
			if bad == nil && seen[q.ID] > 0 {
				bad = fmt.Errorf("the id %q is also in line %d", q.ID, seen[q.ID])
			}
			if bad != nil {
				return nil, kb.Errorf(kb.Invalid, "line %d of the questions: %w", n, bad)
			}
			seen[q.ID] = n
			list = append(list, q)
		}
		if err != nil {
			return list, nil
		}
	}
}

func parse(line string) (Question, error) {
	var q Question
	if err := json.Unmarshal([]byte(line), &q); err != nil {
		return q, fmt.Errorf("not a question in JSON: %w", err)
	}
	switch {
	case q.ID == "":
		return q, errors.New(`"id" is missing`)
	case strings.TrimSpace(q.Text) == "":
		return q, errors.New(`"question" is missing`)
	case q.Answerable && (len(q.Gold) == 0 || len(q.Must) == 0):
		return q, errors.New(`an answerable question needs "gold" and "must"`)
	}
	return q, nil
}
