package calibrate

import (
	"context"
	"fmt"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/kb"
)

// shown is how many passages of a search are judged: as many as people see.
const shown = 5

// Observation is what a search showed for a judged question.
type Observation struct {
	Question   string
	Answerable bool
	Together   bool      // several passages may answer it together: none is judged by itself
	Passages   []Passage // best first; none where nothing was found
}

// Passage is one of an observation.
type Passage struct {
	Evidence float64
	Scale    string
	Right    bool // it answers
}

// best is the strongest evidence.
func (o Observation) best() Passage {
	var best Passage
	for i, p := range o.Passages {
		if i == 0 || p.Evidence > best.Evidence {
			best = p
		}
	}
	return best
}

// Observe searches a knowledge base for the questions. Follow-ups are left out:
// they say little without their history.
func Observe(ctx context.Context, r answer.Retriever, base string, questions []eval.Question) ([]Observation, error) {
	var list []Observation
	for _, q := range questions {
		if q.Kind == eval.KindFollowUp {
			continue
		}
		got, err := r.Retrieve(ctx, kb.Search{KBs: []string{base}, Text: q.Text, Audience: kb.Agent, Limit: shown})
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
		o := Observation{Question: q.ID, Answerable: q.Answerable, Together: q.Kind == eval.KindMulti}
		for _, p := range got.Passages {
			o.Passages = append(o.Passages, Passage{p.Evidence, p.Scale, eval.Answers(q, p)})
		}
		list = append(list, o)
	}
	return list, nil
}
