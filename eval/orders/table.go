package orders

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/askdesk/askdesk/eval/metric"
)

// WriteTable prints the figures for a person.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %d documents, %d queries\n\n", r.Collection, r.Docs, r.Queries)
	fmt.Fprintln(t, "order\tnDCG@10\trecall@5\t@10\t@100\tMRR@10")
	for _, name := range names {
		m, ok := r.Orders[name]
		if !ok {
			continue
		}
		i := r.Intervals[name]
		fmt.Fprintf(t, "%s\t%.3f [%.3f %.3f]\t%.3f\t%.3f\t%.3f\t%.3f\n", name, m.NDCG10, i.Low, i.High, m.Recall5, m.Recall10, m.Recall100, m.MRR10)
	}
	c := r.Relevance.Calibration
	fmt.Fprintf(t, "\nrelevance of the first passage\tAUROC %s\n", metric.Estimate{Value: r.Relevance.AUROC, Interval: r.Relevance.Interval})
	fmt.Fprintf(t, "as a probability\tECE %s, %.3f of it by chance: excess %+.3f\n", c.ECE, c.Perfect, c.Excess())
	fmt.Fprintf(t, "retrieval\tp50 %.1f ms, p99 %.1f ms\n", r.Latency.P50, r.Latency.P99)
	fmt.Fprintf(t, "ingest\t%d chunks, %.0f a second\n", r.Ingest.Chunks, r.Ingest.ChunksPerSecond)
	for _, name := range slices.Sorted(maps.Keys(r.Against)) {
		d := r.Against[name]
		fmt.Fprintf(t, "%s against the earlier run\t%s over %d queries\n", name, d, d.Cases)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	for _, warning := range r.warnings() {
		if _, err := fmt.Fprintf(w, "\n%s\n", warning); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return nil
}

// warnings are what to look at first.
func (r Report) warnings() []string {
	var list []string
	if r.Away > 0 {
		list = append(list, fmt.Sprintf("The embedder did not answer in time for %d of the %d queries: the product searched for them by words alone.", r.Away, r.Queries))
	}
	if r.Hurt != nil {
		list = append(list, r.Hurt.String())
	}
	return list
}

// String says what is wrong and what to do.
func (h Hurt) String() string {
	why, do := "by meaning", "lower retrieval.dense_weight, try another embedder, or set embedder.kind: none to search by words alone"
	if h.Leg == Dense {
		why, do = "by words", "see with askdesk search --explain which features mislead, and whether titles and headings of the documents say what they are about"
	}
	return fmt.Sprintf("The %s leg alone ranks better: nDCG@10 %s for the product. What it finds %s hurts here: %s.", h.Leg, h.Loss, why, do)
}
