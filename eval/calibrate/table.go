package calibrate

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/askdesk/askdesk/eval/metric"
)

// WriteTable prints both curves, one row a knowledge base.
func (a Across) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, part := range []struct {
		name string
		rows []Row
	}{{"documents answer", a.Answer}, {"first passage answers", a.Passage}} {
		fmt.Fprintf(t, "%s\tquestions\tAUROC\tBrier: base rate\tdefault\tothers\town\tECE (less chance): default\tothers\town\n", part.name)
		for _, r := range part.rows {
			fmt.Fprintf(t, "%s\t%d\t%s\t%.3f\t%.3f\t%.3f\t%.3f\t%s\t%s\t%s\n", r.Base, counted(r.Default), r.AUROC,
				r.Default.Base, r.Default.Brier, r.Others.Brier, r.Own.Brier, excess(r.Default), excess(r.Others), excess(r.Own))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func counted(c metric.Calibration) (n int) {
	for _, b := range c.Bins {
		n += b.Count
	}
	return n
}

// excess is a calibration error and what of it chance does not explain.
func excess(c metric.Calibration) string {
	return fmt.Sprintf("%.3f (%+.3f)", c.ECE.Value, c.Excess())
}

// WriteTable says in words and figures what was learned.
func (f Fit) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "scale %s: %d questions, %d of them not in the documents\n", f.Scale, f.Questions, f.Unanswerable)
	fmt.Fprintf(t, "chance that\tchosen\tslope\tbias\tAUROC\tBrier: base rate\tdefault\tlearned\tECE (less chance): default\tlearned\n")
	f.Answer.row(t, "the documents answer")
	f.Passage.row(t, "the first passage answers")
	return t.Flush()
}

func (c Curve) row(w io.Writer, name string) {
	chosen := "default"
	if c.Fitted {
		chosen = "learned"
	}
	fmt.Fprintf(w, "%s\t%s\t%.2f\t%.2f\t%s", name, chosen, c.Slope, c.Bias, c.AUROC)
	if c.HeldOut == nil {
		fmt.Fprint(w, "\ttoo few to compare\n")
		return
	}
	fmt.Fprintf(w, "\t%.3f\t%.3f\t%.3f\t%s\t%s\n", c.Default.Base, c.Default.Brier, c.HeldOut.Brier, excess(*c.Default), excess(*c.HeldOut))
}
