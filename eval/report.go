package eval

import "slices"

// Report is every figure and every single result of a run.
type Report struct {
	KB            string        `json:"kb"`
	Questions     int           `json:"questions"`
	Search        []SearchRow   `json:"search"`    // all answerable ones, then by kind; follow-ups apart, last
	Answers       []AnswerRow   `json:"answers"`   // empty without an answerer
	Fallbacks     int           `json:"fallbacks"` // answers of quotes because the model did not answer
	Answerability Answerability `json:"answerability"`
	Results       []Result      `json:"results"`
}

// SearchRow tells how often a right passage was found, for a group of questions.
type SearchRow struct {
	Group string `json:"group"`
	First Rate   `json:"first"`
	Three Rate   `json:"in_three"`
	Five  Rate   `json:"in_five"`
}

// AnswerRow tells what became of a group of questions. All answerable ones come
// first; follow-ups stand apart; all unanswerable ones stand before near and far.
type AnswerRow struct {
	Group     string `json:"group"`
	Right     Rate   `json:"right"` // always 0 for unanswerable questions
	Wrong     Rate   `json:"wrong"`
	HandedOff Rate   `json:"handed_off"`
}

// Answerability tells how well the search's score tells answerable questions
// (without follow-ups) from unanswerable ones.
type Answerability struct {
	Near    float64 `json:"auroc_near"`
	Far     float64 `json:"auroc_far"`
	Both    float64 `json:"auroc"`
	Quarter Cut     `json:"cut_at_quarter"` // the highest threshold that hands off at most 25 % of the answerable
}

const (
	groupAll     = "answerable"
	groupWith    = "followup, with history"
	groupWithout = "followup, without"
	groupNone    = "unanswerable"
)

func summarise(opt Options, results []Result) Report {
	b := bootstrap{seed: opt.Seed, resamples: opt.Resamples}
	rep := Report{KB: opt.KB, Questions: len(results), Results: results, Answerability: answerability(results)}
	for _, g := range searchGroups(results) {
		rep.Search = append(rep.Search, SearchRow{g.name, b.within(g.places, 1), b.within(g.places, 3), b.within(g.places, 5)})
	}
	for _, r := range results {
		rep.Fallbacks += r.Answer.fallbacks() + r.Alone.fallbacks()
	}
	for _, g := range answerGroups(results) {
		if len(g.outcomes) > 0 {
			rep.Answers = append(rep.Answers, AnswerRow{g.name, b.are(g.outcomes, Right), b.are(g.outcomes, Wrong), b.are(g.outcomes, HandedOff)})
		}
	}
	return rep
}

func (b bootstrap) within(places []int, k int) Rate {
	hit := make([]bool, len(places))
	for i, p := range places {
		hit[i] = p > 0 && p <= k
	}
	return b.rate(hit)
}

func (b bootstrap) are(outcomes []Outcome, o Outcome) Rate {
	is := make([]bool, len(outcomes))
	for i, v := range outcomes {
		is[i] = v == o
	}
	return b.rate(is)
}

type searchGroup struct {
	name   string
	places []int
}

func searchGroups(results []Result) []searchGroup {
	var all, with, without []int
	kinds := map[string][]int{}
	for _, r := range results {
		switch q := r.Question; {
		case !q.Answerable:
		case q.Kind == KindFollowUp:
			without = append(without, r.RightAt)
			if r.Answer != nil {
				with = append(with, r.Answer.RightAt)
			}
		default:
			all = append(all, r.RightAt)
			kinds[q.Kind] = append(kinds[q.Kind], r.RightAt)
		}
	}
	groups := []searchGroup{{groupAll, all}}
	for _, k := range sortedKeys(kinds) {
		groups = append(groups, searchGroup{k, kinds[k]})
	}
	groups = append(groups, searchGroup{groupWith, with}, searchGroup{groupWithout, without})
	return slices.DeleteFunc(groups, func(g searchGroup) bool { return len(g.places) == 0 })
}

type answerGroup struct {
	name     string
	outcomes []Outcome
}

func answerGroups(results []Result) []answerGroup {
	groups := []answerGroup{{name: groupAll}, {name: groupWith}, {name: groupWithout}, {name: groupNone}, {name: KindNear}, {name: KindFar}}
	add := func(name string, a *Answered) {
		i := slices.IndexFunc(groups, func(g answerGroup) bool { return g.name == name })
		if a == nil || i < 0 {
			return
		}
		groups[i].outcomes = append(groups[i].outcomes, a.Outcome)
	}
	for _, r := range results {
		switch q := r.Question; {
		case !q.Answerable:
			add(groupNone, r.Answer)
			if q.Kind == KindNear || q.Kind == KindFar {
				add(q.Kind, r.Answer)
			}
		case q.Kind == KindFollowUp:
			add(groupWith, r.Answer)
			add(groupWithout, r.Alone)
		default:
			add(groupAll, r.Answer)
		}
	}
	return groups
}

func answerability(results []Result) Answerability {
	by := map[string][]float64{}
	for _, r := range results {
		switch q := r.Question; {
		case q.Kind == KindFollowUp:
		case q.Answerable:
			by[groupAll] = append(by[groupAll], r.Answerability)
		default:
			by[groupNone] = append(by[groupNone], r.Answerability)
			by[q.Kind] = append(by[q.Kind], r.Answerability)
		}
	}
	yes, no := by[groupAll], by[groupNone]
	return Answerability{
		Near: AUROC(yes, by[KindNear]), Far: AUROC(yes, by[KindFar]), Both: AUROC(yes, no),
		Quarter: cutAt(yes, no, 0.25),
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
