package eval

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/eval/metric"
)

// Answerability tells how well the search's score tells answerable questions
// (without follow-ups) from unanswerable ones, and how good a probability it is.
type Answerability struct {
	Near        *metric.Estimate   `json:"auroc_near"` // null without such questions
	Far         *metric.Estimate   `json:"auroc_far"`
	Both        metric.Estimate    `json:"auroc"`
	Calibration metric.Calibration `json:"calibration"`
	Quarter     Cut                `json:"cut_at_quarter"` // the highest threshold that hands off at most 25 % of the answerable
}

func answerability(results []Result, b metric.Bootstrap) *Answerability {
	by := map[string][]float64{}
	var scores []float64
	var can []bool
	for _, r := range results {
		q := r.Question
		if q.Kind == KindFollowUp {
			continue
		}
		scores, can = append(scores, r.Answerability), append(can, q.Answerable)
		if !q.Answerable {
			by[q.Kind] = append(by[q.Kind], r.Answerability)
		}
	}
	yes, no := metric.Split(scores, can)
	against := func(kind string) *metric.Estimate {
		if len(by[kind]) == 0 {
			return nil
		}
		e := b.AUROC(yes, by[kind])
		return &e
	}
	return &Answerability{
		Near: against(KindNear), Far: against(KindFar), Both: b.AUROC(yes, no),
		Calibration: b.Calibration(scores, can), Quarter: cutAt(yes, no, 0.25),
	}
}

// Cut is what one threshold on answerability would do.
type Cut struct {
	Threshold    float64 `json:"threshold"` // below it is handed off
	Answerable   float64 `json:"answerable_handed_off"`
	Unanswerable float64 `json:"unanswerable_handed_off"`
}

// cutAt is the highest threshold that hands off at most the given share of the
// answerable questions. The values are those seen, so ties are never split.
func cutAt(positive, negative []float64, share float64) Cut {
	var best Cut
	for _, t := range slices.Sorted(slices.Values(slices.Concat(positive, negative))) {
		if below(positive, t) > share {
			break
		}
		best = Cut{Threshold: t, Answerable: below(positive, t), Unanswerable: below(negative, t)}
	}
	return best
}

// below is the share of values under t.
func below(values []float64, t float64) float64 {
	n := 0
	for _, v := range values {
		if v < t {
			n++
		}
	}
	return float64(n) / float64(max(len(values), 1))
}

// Coverage is what a threshold on the relevance of answers would do, follow-ups
// left out.
type Coverage struct {
	Threshold float64     `json:"threshold"` // answers below it are handed off too
	Answered  metric.Rate `json:"answered"`  // of the answerable questions
	Wrong     metric.Rate `json:"wrong"`     // of the answers that are left
}

// steps of a coverage curve.
const steps = 10

// coverage has one step for each tenth of the answers, from all that were given
// to the surest.
func coverage(results []Result) []Coverage {
	var asked []*Answered // answerable
	var given []*Answered
	for _, r := range results {
		if r.Answer == nil || r.Question.Kind == KindFollowUp {
			continue
		}
		if r.Question.Answerable {
			asked = append(asked, r.Answer)
		}
		if r.Answer.Outcome != HandedOff {
			given = append(given, r.Answer)
		}
	}
	slices.SortStableFunc(given, func(a, b *Answered) int { return cmp.Compare(a.Relevance, b.Relevance) })
	var curve []Coverage
	for i := range min(steps, len(given)) {
		t := given[i*len(given)/steps].Relevance
		if len(given) < steps {
			t = given[i].Relevance
		}
		if len(curve) > 0 && curve[len(curve)-1].Threshold == t {
			continue
		}
		var answered, wrong []bool
		for _, a := range asked {
			answered = append(answered, a.Outcome != HandedOff && a.Relevance >= t)
		}
		for _, a := range given {
			if a.Relevance >= t {
				wrong = append(wrong, a.Outcome == Wrong)
			}
		}
		curve = append(curve, Coverage{t, metric.RateOf(answered), metric.RateOf(wrong)})
	}
	return curve
}
