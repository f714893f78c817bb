package eval

import (
	"encoding/json"
	"io"

	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
)

// Gain is what a group of answerable questions gained over an earlier run,
// question by question.
type Gain struct {
	Group string             `json:"group"`
	First metric.Difference  `json:"first"`
	Three metric.Difference  `json:"in_three"`
	Five  metric.Difference  `json:"in_five"`
	Right *metric.Difference `json:"right,omitempty"` // where both runs answered
}

// Compare sets the report against an earlier one of the same questions. Those
// that are not in both are left out, as are follow-ups.
func (r *Report) Compare(earlier Report, b metric.Bootstrap) error {
	type key struct{ base, id string }
	before := map[key]Result{}
	for _, res := range earlier.Results {
		before[key{res.Question.KB, res.Question.ID}] = res
	}
	groups := map[string][]pair{}
	for _, res := range r.Results {
		q := res.Question
		was, ok := before[key{q.KB, q.ID}]
		if !ok || !q.Answerable || q.Kind == KindFollowUp {
			continue
		}
		groups[groupAll] = append(groups[groupAll], pair{res, was})
		groups[q.KB] = append(groups[q.KB], pair{res, was})
	}
	if len(groups) == 0 {
		return kb.Errorf(kb.Invalid, "the earlier report has none of these answerable questions: compare reports of the same files and knowledge bases")
	}
	r.Against = nil
	for _, name := range append([]string{groupAll}, r.several()...) {
		if len(groups[name]) > 0 {
			r.Against = append(r.Against, gain(name, groups[name], b))
		}
	}
	return nil
}

type pair struct{ now, was Result }

func gain(group string, pairs []pair, b metric.Bootstrap) Gain {
	within := func(k int) metric.Difference {
		return difference(pairs, b, func(r Result) (bool, bool) { return r.RightAt > 0 && r.RightAt <= k, true })
	}
	g := Gain{Group: group, First: within(1), Three: within(3), Five: within(5)}
	right := difference(pairs, b, func(r Result) (bool, bool) { return r.Answer != nil && r.Answer.Outcome == Right, r.Answer != nil })
	if right.Cases > 0 {
		g.Right = &right
	}
	return g
}

// difference counts what holds of a result; pairs where that is not known of both
// are left out.
func difference(pairs []pair, b metric.Bootstrap, holds func(Result) (is, known bool)) metric.Difference {
	number := map[bool]float64{true: 1}
	var now, was []float64
	for _, p := range pairs {
		a, knownNow := holds(p.now)
		z, knownWas := holds(p.was)
		if knownNow && knownWas {
			now, was = append(now, number[a]), append(was, number[z])
		}
	}
	return b.Difference(now, was)
}

// ReadReport reads what was printed as JSON.
func ReadReport(in io.Reader) (Report, error) {
	var rep Report
	if err := json.NewDecoder(in).Decode(&rep); err != nil {
		return Report{}, kb.Wrap(kb.Invalid, err, "this is no report of askdesk eval questions --json")
	}
	return rep, nil
}
