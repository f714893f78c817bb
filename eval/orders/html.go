package orders

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/eval/page"
)

// WriteHTML prints the report as a page for a browser.
func (r Report) WriteHTML(w io.Writer) error {
	p := page.Page{
		Title:    "Retrieval on " + r.Collection,
		Lead:     fmt.Sprintf("%d documents in %d chunks, %d queries%s. Intervals are 95 %%.", r.Docs, r.Ingest.Chunks, r.Queries, r.how()),
		Warnings: r.warnings(),
	}
	p.Sections = append(p.Sections, r.ordersSection(), r.relevanceSection(), r.timeSection())
	if len(r.Against) > 0 {
		p.Sections = append(p.Sections, r.againstSection())
	}
	if worst := r.worst(); len(worst) > 0 {
		p.Sections = append(p.Sections, worstSection(worst))
	}
	return p.Write(w)
}

func (r Report) how() string {
	s := ", searched by words alone"
	if r.Embedder != "" {
		s = ", embedder " + r.Embedder
	}
	if r.Typos > 0 {
		s += fmt.Sprintf(", typing mistakes in %.0f %% of the words", 100*r.Typos)
	}
	return s
}

func (r Report) ordersSection() page.Section {
	s := page.Section{
		Title: "Orders",
		Note:  "The product's order beside those of its legs alone, and of both by rank fusion and by a weighted sum of their scores.",
		Table: &page.Table{Head: []string{"order", "nDCG@10", "recall@5", "recall@10", "recall@100", "MRR@10"}},
	}
	var rows []page.Row
	for _, name := range names {
		m, ok := r.Orders[name]
		if !ok {
			continue
		}
		e := metric.Estimate{Value: m.NDCG10, Interval: r.Intervals[name]}
		rows = append(rows, page.Row{Label: name, Estimate: e})
		s.Table.Rows = append(s.Table.Rows, append([]string{name, e.String()}, shares(m.Recall5, m.Recall10, m.Recall100, m.MRR10)...))
	}
	s.Figures = []page.Figure{page.Forest(rows, "nDCG@10", false)}
	return s
}

func shares(values ...float64) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprintf("%.3f", v)
	}
	return list
}

func (r Report) relevanceSection() page.Section {
	var scores []float64
	var hits []bool
	for _, res := range r.Results {
		scores, hits = append(scores, res.Relevance), append(hits, res.Hit)
	}
	right, wrong := metric.Split(scores, hits)
	c := r.Relevance.Calibration
	return page.Section{
		Title: "Relevance of the first passage",
		Note: fmt.Sprintf("Right: its document is relevant. AUROC %s. Calibration error %s, of which chance explains %.3f.",
			metric.Estimate{Value: r.Relevance.AUROC, Interval: r.Relevance.Interval}, c.ECE, c.Perfect),
		Figures: []page.Figure{page.Reliability(c, "relevance", "share of right first passages"), page.Histogram(page.Series{Name: "right", Values: right}, page.Series{Name: "wrong", Values: wrong}, "relevance")},
	}
}

func (r Report) timeSection() page.Section {
	times := make([]float64, len(r.Results))
	for i, res := range r.Results {
		times[i] = res.Milliseconds
	}
	return page.Section{Title: "Time", Note: "Of a whole search for ten passages, on this machine.", Figures: []page.Figure{page.Latency(times)}}
}

func (r Report) againstSection() page.Section {
	s := page.Section{
		Title: "Against the earlier run",
		Note:  "Mean gain in nDCG@10, query by query. An interval that holds 0 may be chance.",
		Table: &page.Table{Head: []string{"order", "gain", "queries"}},
	}
	var rows []page.Row
	for _, name := range names {
		if d, ok := r.Against[name]; ok {
			rows = append(rows, page.Row{Label: name, Estimate: metric.Estimate{Value: d.Gain, Interval: d.Interval}})
			s.Table.Rows = append(s.Table.Rows, []string{name, d.String(), fmt.Sprint(d.Cases)})
		}
	}
	s.Figures = []page.Figure{page.Forest(rows, "Gain in nDCG@10", true)}
	return s
}

// worse is a query that another order ranks better than the product.
type worse struct {
	Result
	other string
	loss  float64 // of ndcg10
}

// worst are the queries with the largest losses, at most twenty.
func (r Report) worst() []worse {
	var list []worse
	for _, res := range r.Results {
		w := worse{Result: res}
		for _, name := range names {
			if loss := res.Orders[name].NDCG10 - res.Orders[Product].NDCG10; loss > w.loss {
				w.other, w.loss = name, loss
			}
		}
		if w.loss > 0 {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(a, b worse) int { return cmp.Compare(b.loss, a.loss) })
	return list[:min(len(list), 20)]
}

func worstSection(list []worse) page.Section {
	s := page.Section{
		Title: "Worst queries",
		Note:  "Those that lose most nDCG@10 against another order. askdesk search --explain shows why.",
		Table: &page.Table{Head: []string{"query", "product", "better", "its nDCG@10", "first document"}},
	}
	for _, w := range list {
		s.Table.Rows = append(s.Table.Rows, []string{
			w.Query, fmt.Sprintf("%.2f", w.Orders[Product].NDCG10), w.other, fmt.Sprintf("%.2f", w.Orders[w.other].NDCG10), w.First,
		})
	}
	return s
}
