package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/eval/page"
	"github.com/askdesk/askdesk/internal/text"
)

// WriteHTML prints the report as a page for a browser.
func (r Report) WriteHTML(w io.Writer) error {
	p := page.Page{
		Title: "Questions on " + strings.Join(r.KBs, ", "),
		Lead:  r.asked() + ". Intervals are 95 %.",
	}
	if r.Fallbacks > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("The model was away: %d answers are quotes instead.", r.Fallbacks))
	}
	p.Sections = append(p.Sections, r.searchSection())
	if len(r.Answers) > 0 {
		p.Sections = append(p.Sections, r.answersSection(), r.coverageSection())
	}
	if r.Answerability != nil {
		p.Sections = append(p.Sections, r.answerabilitySection())
	}
	if len(r.Against) > 0 {
		p.Sections = append(p.Sections, r.againstSection())
	}
	if wrong := r.wrong(); len(wrong) > 0 {
		p.Sections = append(p.Sections, wrongSection(wrong))
	}
	return p.Write(w)
}

func (r Report) searchSection() page.Section {
	s := page.Section{
		Title: "Search",
		Note:  "How often a passage that answers is first, among three, among five.",
		Table: &page.Table{Head: []string{"questions", "n", "first", "in three", "in five"}},
	}
	var rows []page.Row
	for _, row := range r.Search {
		rows = append(rows, page.Row{Label: row.Group, Estimate: metric.Estimate{Value: row.Five.Share, Interval: row.Five.Interval}})
		s.Table.Rows = append(s.Table.Rows, []string{row.Group, fmt.Sprint(row.First.Of), row.First.String(), row.Three.String(), row.Five.String()})
	}
	s.Figures = []page.Figure{page.Forest(rows, "Right passage in five", false)}
	return s
}

func (r Report) answersSection() page.Section {
	s := page.Section{
		Title: "Answers",
		Note:  "Right: the text holds what it must. Wrong: it answers without that, or answers the unanswerable. Handed off: to a person, or asked back.",
		Table: &page.Table{Head: []string{"questions", "n", "right", "wrong", "handed off"}},
	}
	for _, a := range r.Answers {
		s.Table.Rows = append(s.Table.Rows, []string{a.Group, fmt.Sprint(a.Right.Of), a.right(), a.Wrong.String(), a.HandedOff.String()})
	}
	return s
}

// wrong are the results whose answers are, those of the greatest relevance first.
func (r Report) wrong() []Result {
	var list []Result
	for _, res := range r.Results {
		if res.Answer != nil && res.Answer.Outcome == Wrong {
			list = append(list, res)
		}
	}
	slices.SortStableFunc(list, func(a, b Result) int { return cmp.Compare(b.Answer.Relevance, a.Answer.Relevance) })
	return list
}

// shownText is how many characters of a wrong answer are shown.
const shownText = 300

func wrongSection(list []Result) page.Section {
	s := page.Section{
		Title: "Wrong answers",
		Note:  "The surest first: these are the ones that would have been sent. Where the right passage was found, the sentences were chosen badly; where it was not, try synonyms, or what the documents say.",
		Table: &page.Table{Head: []string{"question", "how sure; right passage", "answer"}},
	}
	for _, res := range list {
		at := "not found"
		switch {
		case !res.Question.Answerable:
			at = "there is none"
		case res.Answer.RightAt > 0:
			at = fmt.Sprint(res.Answer.RightAt)
		}
		s.Table.Rows = append(s.Table.Rows, []string{
			res.Question.Text, fmt.Sprintf("%s %.2f; %s", res.Answer.Band, res.Answer.Relevance, at), text.Cut(res.Answer.Text, shownText),
		})
	}
	return s
}

func (r Report) coverageSection() page.Section {
	s := page.Section{
		Title: "Coverage against wrong answers",
		Note:  "What would be left if answers below a threshold on relevance were handed to a person too. The first point is as served.",
		Table: &page.Table{Head: []string{"threshold", "answerable ones answered", "answers wrong", "answers"}},
	}
	var steps []page.Step
	for _, c := range r.Coverage {
		steps = append(steps, page.Step{X: c.Answered, Y: c.Wrong})
		s.Table.Rows = append(s.Table.Rows, []string{fmt.Sprintf("%.3f", c.Threshold), c.Answered.String(), c.Wrong.String(), fmt.Sprint(c.Wrong.Of)})
	}
	s.Figures = []page.Figure{page.Curve(steps, "answerable questions answered", "Share of answers that are wrong", "as served")}
	return s
}

func (r Report) answerabilitySection() page.Section {
	var scores []float64
	var can []bool
	for _, res := range r.Results {
		if res.Question.Kind != KindFollowUp {
			scores, can = append(scores, res.Answerability), append(can, res.Question.Answerable)
		}
	}
	yes, no := metric.Split(scores, can)
	a := *r.Answerability
	c := a.Calibration
	return page.Section{
		Title: "Can this be answered?",
		Note: fmt.Sprintf("Right: a question that the documents answer. AUROC %s; near misses %s; other subjects %s. Brier score %.3f (%.3f by the base rate). Calibration error %s, of which chance explains %.3f.",
			a.Both, known(a.Near), known(a.Far), c.Brier, c.Base, c.ECE, c.Perfect),
		Figures: []page.Figure{page.Reliability(c, "answerability", "share of questions that can be answered"), page.Histogram(page.Series{Name: "answerable", Values: yes}, page.Series{Name: "not", Values: no}, "answerability")},
	}
}

func (r Report) againstSection() page.Section {
	s := page.Section{
		Title: "Against the earlier run",
		Note:  "Mean gain, question by question. An interval that holds 0 may be chance.",
		Table: &page.Table{Head: []string{"answerable questions", "n", "first", "in three", "in five", "answered right"}},
	}
	var first, five []page.Row
	row := func(g Gain, d metric.Difference) page.Row {
		return page.Row{Label: g.Group, Estimate: metric.Estimate{Value: d.Gain, Interval: d.Interval}}
	}
	for _, g := range r.Against {
		first, five = append(first, row(g, g.First)), append(five, row(g, g.Five))
		s.Table.Rows = append(s.Table.Rows, []string{g.Group, fmt.Sprint(g.First.Cases), g.First.String(), g.Three.String(), g.Five.String(), g.right()})
	}
	s.Figures = []page.Figure{page.Forest(first, "Gain: right passage first", true), page.Forest(five, "Gain: right passage in five", true)}
	return s
}
