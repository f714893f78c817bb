package eval

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/eval/metric"
)

// WriteTable prints the figures for a person. All stand with their 95 %
// intervals.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %s\n\n", strings.Join(r.KBs, ", "), r.asked())
	fmt.Fprintln(t, "search\tn\tright passage first\tin three\tin five")
	for _, s := range r.Search {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", s.Group, s.First.Of, s.First, s.Three, s.Five)
	}
	if len(r.Answers) > 0 {
		r.writeAnswers(t)
	}
	if r.Answerability != nil {
		r.Answerability.write(t)
	}
	if len(r.Against) > 0 {
		r.writeAgainst(t)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// asked is how many questions were asked, and how.
func (r Report) asked() string {
	n := fmt.Sprintf("%d questions", r.Questions)
	if r.Questions == 1 {
		n = "1 question"
	}
	if r.Leg == "" {
		return n
	}
	return fmt.Sprintf("%s, searched by the %s leg alone", n, r.Leg)
}

func (r Report) writeAnswers(w io.Writer) {
	fmt.Fprintln(w, "\nanswers\tn\tright\twrong\thanded off")
	for _, a := range r.Answers {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", a.Group, a.Right.Of, a.right(), a.Wrong, a.HandedOff)
	}
	fmt.Fprintln(w, "right: the text holds what it must; wrong: it answers without that, or answers the unanswerable; handed off: to a person, or asked back")
	for _, band := range []answer.Band{answer.BandAnswer, answer.BandCaveat} {
		if all := r.band(band); all.Of > 0 {
			fmt.Fprintf(w, "of %d answers of band %s %d are right\n", all.Of, band, all.Count)
		}
	}
	if r.Fallbacks > 0 {
		fmt.Fprintf(w, "model away: %d of these answers are quotes, because the model did not answer (follow-ups are asked twice)\n", r.Fallbacks)
	}
	fmt.Fprintln(w, "\nwere answers handed off below\tanswerable ones answered\tanswers wrong\tof")
	for _, c := range r.Coverage {
		fmt.Fprintf(w, "%.3f\t%s\t%s\t%d\n", c.Threshold, c.Answered, c.Wrong, c.Wrong.Of)
	}
}

// band is how many of the answers of a band are right, follow-ups left out.
func (r Report) band(band answer.Band) metric.Rate {
	var right []bool
	for _, res := range r.Results {
		if a := res.Answer; a != nil && a.Band == band && res.Question.Kind != KindFollowUp {
			right = append(right, a.Outcome == Right)
		}
	}
	return metric.RateOf(right)
}

// right is the share of right answers; no text can be right where nothing answers.
func (a AnswerRow) right() string {
	if a.Group == groupNone || a.Group == KindNear || a.Group == KindFar {
		return "-"
	}
	return a.Right.String()
}

func (a Answerability) write(w io.Writer) {
	c := a.Calibration
	fmt.Fprintf(w, "\nanswerability\tAUROC %s, near %s, far %s\n", a.Both, known(a.Near), known(a.Far))
	fmt.Fprintf(w, "as a probability\tBrier %.3f (the base rate's is %.3f), ECE %s, %.3f of it by chance: excess %+.3f\n", c.Brier, c.Base, c.ECE, c.Perfect, c.Excess())
	fmt.Fprintf(w, "threshold %.3f\thands off %.2f of the unanswerable, %.2f of the answerable\n", a.Quarter.Threshold, a.Quarter.Unanswerable, a.Quarter.Answerable)
}

// known is an estimate, "-" where there was nothing to estimate from.
func known(e *metric.Estimate) string {
	if e == nil {
		return "-"
	}
	return e.String()
}

func (r Report) writeAgainst(w io.Writer) {
	fmt.Fprintln(w, "\nagainst the earlier run\tn\tright passage first\tin three\tin five\tanswered right")
	for _, g := range r.Against {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", g.Group, g.First.Cases, g.First, g.Three, g.Five, g.right())
	}
}

// right is the gain in right answers, "-" where a run had none.
func (g Gain) right() string {
	if g.Right == nil {
		return "-"
	}
	return g.Right.String()
}
