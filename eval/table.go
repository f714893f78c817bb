package eval

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable prints the figures for a person. Shares stand with their 95 %
// intervals.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %d questions\n\n", r.KB, r.Questions)
	fmt.Fprintln(t, "search\tn\tright passage first\tin three\tin five")
	for _, s := range r.Search {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", s.Group, s.First.Of, s.First, s.Three, s.Five)
	}
	if len(r.Answers) > 0 {
		r.writeAnswers(t)
	}
	a := r.Answerability
	fmt.Fprintf(t, "\nanswerability\tAUROC %.3f (near %.3f, far %.3f)\n", a.Both, a.Near, a.Far)
	fmt.Fprintf(t, "threshold %.3f\thands off %.2f of the unanswerable, %.2f of the answerable\n",
		a.Quarter.Threshold, a.Quarter.Unanswerable, a.Quarter.Answerable)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (r Report) writeAnswers(w io.Writer) {
	fmt.Fprintln(w, "\nanswers\tn\tright\twrong\thanded off")
	for _, a := range r.Answers {
		right := a.Right.String()
		if a.Group == groupNone || a.Group == KindNear || a.Group == KindFar {
			right = "-" // no text can be
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", a.Group, a.Right.Of, right, a.Wrong, a.HandedOff)
	}
	fmt.Fprintln(w, "right: the text holds what it must; wrong: it answers without that, or answers the unanswerable; handed off: to a person, or asked back")
	if r.Fallbacks > 0 {
		fmt.Fprintf(w, "model away: %d of these answers are quotes, because the model did not answer (follow-ups are asked twice)\n", r.Fallbacks)
	}
}

// String is the share with its interval, as .425 [.34 .52].
func (r Rate) String() string { return fmt.Sprintf("%.3f [%.2f %.2f]", r.Share, r.Low, r.High) }
