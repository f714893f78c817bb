package fit

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Finder finds what a retriever would rank for one query.
type Finder interface {
	// Candidates are all chunks that are found, ranked as they would be before
	// they are joined to passages.
	Candidates(ctx context.Context, s kb.Search) ([]rank.Ranked, error)
}

// Lesson is what a collection teaches about the features of ranking.
type Lesson struct {
	Name     string
	Features []string
	Examples []Example // one a query that was drawn
	Product  float64   // nDCG@10 as the product ranks chunks
	grades   []map[string]int
}

// Draw says which queries teach: at most Most of those of a collection, that was
// ingested into the knowledge base KB, drawn by Seed.
type Draw struct {
	KB   string
	Most int
	Seed uint64
}

// Learn draws queries and keeps the documents that are found for each, with their
// features.
func Learn(ctx context.Context, c *collection.Collection, finder Finder, draw Draw) (*Lesson, error) {
	l := &Lesson{Name: c.Name}
	ids := c.ByPath()
	for _, q := range c.Draw(draw.Most, draw.Seed) {
		found, err := finder.Candidates(ctx, kb.Search{KBs: []string{draw.KB}, Text: q.Text, Audience: kb.Agent})
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		e := example(found, ids, q.Grades)
		l.Examples, l.grades = append(l.Examples, e), append(l.grades, q.Grades)
		if l.Features == nil && len(found) > 0 {
			for _, f := range found[0].Features {
				l.Features = append(l.Features, f.Name)
			}
		}
		var order []string
		for _, d := range e.Documents { // in the order of their best chunks
			order = append(order, d.ID)
		}
		l.Product += collection.NDCG(order, q.Grades, 10)
	}
	l.Product /= float64(max(len(l.Examples), 1))
	return l, nil
}

func example(found []rank.Ranked, ids map[string]string, grades map[string]int) Example {
	var e Example
	at := map[string]int{}
	for _, c := range found {
		id := ids[c.Document.Path]
		i, ok := at[id]
		if !ok {
			i = len(e.Documents)
			at[id] = i
			e.Documents = append(e.Documents, Document{ID: id, Relevant: grades[id] > 0})
		}
		values := make([]float64, len(c.Features))
		for f, feature := range c.Features {
			if feature.Name != rank.Excluded { // it is evidence against, and no weight of its own
				values[f] = feature.Value
			}
		}
		e.Documents[i].Chunks = append(e.Documents[i].Chunks, values)
	}
	return e
}

// ndcg is the mean nDCG@10 in the order of weights. Relevant documents that were
// not found count against it.
func (l *Lesson) ndcg(weights []float64) float64 {
	sum := 0.0
	for i, e := range l.Examples {
		sum += collection.NDCG(Order(e, weights), l.grades[i], 10)
	}
	return sum / float64(max(len(l.Examples), 1))
}

// Weighing tells whether learned weights would rank better than the product's.
type Weighing struct {
	Features    []string  `json:"features"`
	Collections []Weighed `json:"collections"`
	All         []float64 `json:"weights"` // learned from all collections; they add up to 1
}

// Set is what was learned from all collections, and how well what was learned from
// the others ranks each.
func (w Weighing) Set() rank.Set {
	s := rank.Set{Weights: map[string]float64{}, NDCG10: map[string]float64{}}
	for f, name := range w.Features {
		if round := math.Round(w.All[f]*1000) / 1000; round > 0 {
			s.Weights[name] = round
		}
	}
	for _, c := range w.Collections {
		s.NDCG10[c.Collection] = math.Round(c.Others*1000) / 1000
	}
	return s
}

// Weighed is nDCG@10 on one collection.
type Weighed struct {
	Collection string  `json:"collection"`
	Queries    int     `json:"queries"`
	Product    float64 `json:"product"`
	Others     float64 `json:"others"` // weights learned from the other collections
	Own        float64 `json:"own"`    // weights learned from these very queries: a bound, not a result
}

// Weigh learns from all lessons, and for each from the others.
func Weigh(lessons []*Lesson) (Weighing, error) {
	var w Weighing
	for _, l := range lessons {
		if w.Features == nil {
			w.Features = l.Features
		}
	}
	if w.Features == nil {
		return w, kb.Errorf(kb.Invalid, "nothing was found for any of the queries: there is nothing to learn from")
	}
	var all [][]Example
	for _, l := range lessons {
		all = append(all, l.Examples)
	}
	start := start(all, len(w.Features))
	for i, l := range lessons {
		others := slices.Delete(slices.Clone(all), i, i+1)
		w.Collections = append(w.Collections, Weighed{
			Collection: l.Name, Queries: len(l.Examples), Product: l.Product,
			Others: l.ndcg(Weights(others, start, Options{})), Own: l.ndcg(Weights(all[i:i+1], start, Options{})),
		})
	}
	w.All = Weights(all, start, Options{})
	sum := 0.0
	for _, x := range w.All {
		sum += x
	}
	for f := range w.All {
		w.All[f] /= max(sum, 1e-12)
	}
	return w, nil
}

// start gives each feature that any chunk has the weight 1: of one that none has,
// nothing can be learned.
func start(all [][]Example, features int) []float64 {
	w := make([]float64, features)
	for _, e := range slices.Concat(all...) {
		for _, d := range e.Documents {
			for _, chunk := range d.Chunks {
				for f, v := range chunk {
					if v != 0 {
						w[f] = 1
					}
				}
			}
		}
	}
	return w
}

// WriteTable prints the figures for a person.
func (w Weighing) WriteTable(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "nDCG@10\tqueries\tproduct\tlearned from the others\tlearned from itself")
	mean := Weighed{}
	for _, c := range w.Collections {
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\n", c.Collection, c.Queries, c.Product, c.Others, c.Own)
		n := float64(len(w.Collections))
		mean.Product, mean.Others, mean.Own = mean.Product+c.Product/n, mean.Others+c.Others/n, mean.Own+c.Own/n
	}
	fmt.Fprintf(t, "mean\t\t%.3f\t%.3f\t%.3f\n\n", mean.Product, mean.Others, mean.Own)
	for f, name := range w.Features {
		fmt.Fprintf(t, "%s\t%.2f\n", name, w.All[f])
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
