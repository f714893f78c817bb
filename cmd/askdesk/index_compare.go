package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

// compared is what two indexes find for judged questions.
type compared struct {
	Indexes []foundBy       `json:"indexes"` // the one in use first, then the one beside it
	Gains   []eval.Gain     `json:"gains"`   // of the one beside, question by question, with intervals
	Changed []changedAnswer `json:"changed"` // answerable questions with another first passage
}

// foundBy is how often an index found the right passage.
type foundBy struct {
	Embedder string      `json:"embedder"`
	Model    string      `json:"model"`
	First    metric.Rate `json:"first"`
	Three    metric.Rate `json:"in_three"`
	Five     metric.Rate `json:"in_five"`
	MRR10    float64     `json:"mrr10"`
	NDCG10   float64     `json:"ndcg10"` // one right passage a question, so 1/log2(1+its place)
}

// changedAnswer is a question whose first passage is another one.
type changedAnswer struct {
	Question string `json:"question"` // its id
	Text     string `json:"text"`
	InUse    string `json:"in_use"` // path and headings of the first passage; "" where nothing was found
	InUseAt  int    `json:"in_use_right_at"`
	Beside   string `json:"beside"`
	BesideAt int    `json:"beside_right_at"` // place of the first right passage, from 1; 0: none
}

// compareIndexes asks both indexes of a base all questions.
func (s *service) compareIndexes(ctx context.Context, base string, questions []eval.Question) (*compared, error) {
	if err := s.assign(ctx, base, questions); err != nil {
		return nil, err
	}
	var out compared
	err := s.withPair(ctx, base, "askdesk index reindex", func(p *pair) error {
		old, ok := p.embedders.list[p.current.Profile]
		if !ok { // who goes away from it needs no advice to do so
			return kb.Errorf(kb.Unavailable, "The index in use has the embedder %q, which the settings lack: set embedders.%s again to compare them.", p.current.Profile, p.current.Profile)
		}
		was, err := p.ask(ctx, p.old, p.current, old, questions)
		if err != nil {
			return err
		}
		is, err := p.ask(ctx, p.fresh, p.beside, p.embedder, questions)
		if err != nil {
			return err
		}
		if err := is.Compare(was, metric.Bootstrap{}); err != nil {
			return kb.Errorf(kb.Invalid, "None of the questions is answerable: there is nothing to compare.")
		}
		out.Gains = is.Against
		out.Indexes = []foundBy{figures(p.current, was), figures(p.beside, is)}
		out.Changed = changed(was, is)
		return nil
	})
	return &out, err
}

// ask searches a version as serve would.
func (p *pair) ask(ctx context.Context, x index, v state.IndexVersion, e embedder, questions []eval.Question) (eval.Report, error) {
	opt := p.searching
	if opt.Embedders != nil {
		opt.Embedders = e.embedding(v.ID)
	}
	return eval.Run(ctx, eval.Options{Questions: questions, Retriever: retrieval.New(x, opt), Passages: 10})
}

// counts reports whether a question is one of the answerable ones that stand alone.
func counts(q eval.Question) bool { return q.Answerable && q.Kind != eval.KindFollowUp }

func figures(v state.IndexVersion, r eval.Report) foundBy {
	out := foundBy{Embedder: profileName(v), Model: v.Embedder}
	var reciprocal, discounted []float64
	var first, three, five []bool
	for _, res := range r.Results {
		if !counts(res.Question) {
			continue
		}
		at := res.RightAt
		first, three, five = append(first, at == 1), append(three, at > 0 && at <= 3), append(five, at > 0 && at <= 5)
		rr, gain := 0.0, 0.0
		if at > 0 {
			rr, gain = 1/float64(at), 1/math.Log2(float64(1+at))
		}
		reciprocal, discounted = append(reciprocal, rr), append(discounted, gain)
	}
	out.First, out.Three, out.Five = metric.RateOf(first), metric.RateOf(three), metric.RateOf(five)
	out.MRR10, out.NDCG10 = metric.Mean(reciprocal), metric.Mean(discounted)
	return out
}

// changed are the questions with another first passage; both reports are of the same
// questions, in one order.
func changed(was, is eval.Report) []changedAnswer {
	list := []changedAnswer{}
	for i, before := range was.Results {
		after := is.Results[i]
		if !counts(before.Question) {
			continue
		}
		c := changedAnswer{
			Question: before.Question.ID, Text: before.Question.Text, InUse: topOf(before), InUseAt: before.RightAt, Beside: topOf(after), BesideAt: after.RightAt,
		}
		if c.InUse != c.Beside {
			list = append(list, c)
		}
	}
	return list
}

// topOf names the first passage of a result.
func topOf(r eval.Result) string {
	if len(r.Passages) == 0 {
		return ""
	}
	return strings.Join(append([]string{r.Passages[0].Path}, r.Passages[0].Heading...), " > ")
}

func (a *app) showCompared(c compared) error {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nindex\tn\tright passage first\tin three\tin five\tMRR@10\tnDCG@10")
	for i, f := range c.Indexes {
		which := "in use"
		if i > 0 {
			which = "beside"
		}
		fmt.Fprintf(t, "%s: %s\t%d\t%s\t%s\t%s\t%.3f\t%.3f\n", which, f.Embedder, f.First.Of, f.First, f.Three, f.Five, f.MRR10, f.NDCG10)
	}
	for _, g := range c.Gains[:1] {
		fmt.Fprintf(t, "gained\t%d\t%s\t%s\t%s\n", g.First.Cases, g.First, g.Three, g.Five)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	a.printf("\nAnother first passage: %d of %d questions\n", len(c.Changed), c.Indexes[0].First.Of)
	for _, one := range c.Changed {
		a.printf("  %s: %s\n    in use: %s%s\n    beside: %s%s\n", one.Question, one.Text, one.InUse, right(one.InUseAt), one.Beside, right(one.BesideAt))
	}
	return nil
}

// right marks a first passage that is the right one.
func right(at int) string {
	if at == 1 {
		return " (right)"
	}
	return ""
}
