package eval

import (
	"maps"
	"slices"

	"github.com/askdesk/askdesk/eval/metric"
)

// Report is every figure and every single result of a run.
type Report struct {
	KBs           []string       `json:"kbs"`           // as asked
	Leg           Leg            `json:"leg,omitempty"` // that was searched alone
	Questions     int            `json:"questions"`
	Search        []SearchRow    `json:"search"`            // all answerable ones, by knowledge base where there are several, by kind; follow-ups apart, last
	Answers       []AnswerRow    `json:"answers"`           // empty without an answerer
	Fallbacks     int            `json:"fallbacks"`         // answers of quotes because the model did not answer
	Answerability *Answerability `json:"answerability"`     // null of a leg alone
	Coverage      []Coverage     `json:"coverage"`          // empty without answers
	Against       []Gain         `json:"against,omitempty"` // where an earlier report was given: all, and by knowledge base where there are several
	Results       []Result       `json:"results"`
}

// SearchRow tells how often a right passage was found, for a group of questions.
type SearchRow struct {
	Group string      `json:"group"`
	First metric.Rate `json:"first"`
	Three metric.Rate `json:"in_three"`
	Five  metric.Rate `json:"in_five"`
}

// AnswerRow tells what became of a group of questions. All answerable ones come
// first; follow-ups stand apart; all unanswerable ones stand before near and far.
type AnswerRow struct {
	Group     string      `json:"group"`
	Right     metric.Rate `json:"right"` // always 0 for unanswerable questions
	Wrong     metric.Rate `json:"wrong"`
	HandedOff metric.Rate `json:"handed_off"`
}

const (
	groupAll     = "answerable"
	groupWith    = "followup, with history"
	groupWithout = "followup, without"
	groupNone    = "unanswerable"
	groupOther   = "of no kind" // where others have one
)

func summarise(opt Options, results []Result) Report {
	rep := Report{Leg: opt.Leg, Questions: len(results), Results: results, Coverage: coverage(results)}
	for _, r := range results {
		if !slices.Contains(rep.KBs, r.Question.KB) {
			rep.KBs = append(rep.KBs, r.Question.KB)
		}
		rep.Fallbacks += r.Answer.fallbacks() + r.Alone.fallbacks()
	}
	if opt.Leg == "" {
		rep.Answerability = answerability(results, metric.Bootstrap{})
	}
	for _, g := range searchGroups(results, rep.several()) {
		rep.Search = append(rep.Search, SearchRow{g.name, within(g.places, 1), within(g.places, 3), within(g.places, 5)})
	}
	for _, g := range answerGroups(results, rep.several()) {
		if len(g.outcomes) > 0 {
			rep.Answers = append(rep.Answers, AnswerRow{g.name, are(g.outcomes, Right), are(g.outcomes, Wrong), are(g.outcomes, HandedOff)})
		}
	}
	return rep
}

// several are the knowledge bases, where there are more than one.
func (r Report) several() []string {
	if len(r.KBs) < 2 {
		return nil
	}
	return r.KBs
}

func within(places []int, k int) metric.Rate {
	hit := make([]bool, len(places))
	for i, p := range places {
		hit[i] = p > 0 && p <= k
	}
	return metric.RateOf(hit)
}

func are(outcomes []Outcome, o Outcome) metric.Rate {
	is := make([]bool, len(outcomes))
	for i, v := range outcomes {
		is[i] = v == o
	}
	return metric.RateOf(is)
}

type searchGroup struct {
	name   string
	places []int
}

func searchGroups(results []Result, bases []string) []searchGroup {
	var all, with, without []int
	kinds, of := map[string][]int{}, map[string][]int{}
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
			of[q.KB] = append(of[q.KB], r.RightAt)
		}
	}
	groups := []searchGroup{{groupAll, all}}
	for _, name := range bases {
		groups = append(groups, searchGroup{name, of[name]})
	}
	rest := kinds[""]
	delete(kinds, "")
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		groups = append(groups, searchGroup{k, kinds[k]})
	}
	if len(kinds) > 0 {
		groups = append(groups, searchGroup{groupOther, rest})
	}
	groups = append(groups, searchGroup{groupWith, with}, searchGroup{groupWithout, without})
	return slices.DeleteFunc(groups, func(g searchGroup) bool { return len(g.places) == 0 })
}

type answerGroup struct {
	name     string
	outcomes []Outcome
}

func answerGroups(results []Result, bases []string) []answerGroup {
	groups := []answerGroup{{name: groupAll}}
	for _, name := range bases {
		groups = append(groups, answerGroup{name: name})
	}
	groups = append(groups, answerGroup{name: groupWith}, answerGroup{name: groupWithout}, answerGroup{name: groupNone}, answerGroup{name: KindNear}, answerGroup{name: KindFar})
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
			add(q.KB, r.Answer)
		}
	}
	return groups
}
