package calibrate

import (
	"context"
	"fmt"
	"slices"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/rank"
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

// best is the passage by which a service would say how surely the documents
// answer, by the default.
func (o Observation) best() Passage {
	chance := func(p Passage) float64 { return rank.Default(p.Scale).Answer.At(p.Evidence) }
	var best Passage
	for i, p := range o.Passages {
		if i == 0 || chance(p) > chance(best) {
			best = p
		}
	}
	return best
}

// lost are notices of a search that was not done as it is on other days.
var lost = []string{retrieval.DenseUnavailable, retrieval.DensePartial, retrieval.RerankUnavailable}

// Observe searches a knowledge base for the questions. Follow-ups are left out:
// they say little without their history. A search without an embedder or reranker
// that is away is a kb.Unavailable: what it finds says nothing of other days.
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
		if i := slices.IndexFunc(got.Notices, func(n kb.Notice) bool { return slices.Contains(lost, n.Code) }); i >= 0 {
			return nil, kb.Errorf(kb.Unavailable, "Questions were not searched for as usual, so nothing can be learned from them. %s", got.Notices[i].Message)
		}
		o := Observation{Question: q.ID, Answerable: q.Answerable, Together: q.Kind == eval.KindMulti}
		for _, p := range got.Passages {
			o.Passages = append(o.Passages, Passage{p.Evidence, p.Scale, eval.Answers(q, p)})
		}
		list = append(list, o)
	}
	return list, nil
}
