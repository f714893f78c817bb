package collection

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/askdesk/askdesk/kb"
)

// Report is every figure and every single result of a run.
type Report struct {
	Collection string                `json:"collection"`
	Docs       int                   `json:"docs"`
	Queries    int                   `json:"queries"`
	Embedder   string                `json:"embedder"` // "" without one
	Typos      float64               `json:"typos"`
	Seed       uint64                `json:"seed"`
	Legs       map[string]Measures   `json:"legs"`      // lexical, dense, rrf, product; the second and third with an embedder
	Intervals  map[string]Interval   `json:"intervals"` // of ndcg10, by leg
	Relevance  Relevance             `json:"relevance"`
	Latency    Latency               `json:"latency_ms"`
	Ingest     Ingest                `json:"ingest"`
	Against    map[string]Difference `json:"against,omitempty"` // by leg, where an earlier report was given
	Results    []Result              `json:"results"`
}

// Relevance tells how well the relevance of the first passage tells right from
// wrong: how it orders (AUROC), and how far it is from a probability (ECE).
type Relevance struct {
	AUROC float64 `json:"auroc"`
	ECE   float64 `json:"ece"`
}

// Latency of a whole retrieval.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Ingest is how fast the documents came in.
type Ingest struct {
	Chunks          int     `json:"chunks"`
	ChunksPerSecond float64 `json:"chunks_per_second"`
}

// Result is what became of one query.
type Result struct {
	ID           string              `json:"id"`
	Query        string              `json:"query"`
	First        string              `json:"first"` // document of the first passage
	Hit          bool                `json:"hit"`   // it is relevant
	Relevance    float64             `json:"relevance"`
	Milliseconds float64             `json:"ms"`
	Legs         map[string]Measures `json:"legs"`
}

// Difference is the mean gain in nDCG@10 over an earlier run, query by query,
// with its interval.
type Difference struct {
	Gain float64 `json:"gain"`
	Interval
	Queries int `json:"queries"` // in both runs
}

func (r *run) report(results []Result) Report {
	rep := Report{
		Collection: r.Collection.Name, Docs: len(r.Collection.Documents), Queries: len(results),
		Typos: r.Typos, Seed: r.Seed, Results: results,
		Legs: map[string]Measures{}, Intervals: map[string]Interval{},
	}
	if r.Embedder != nil {
		rep.Embedder = r.Embedder.Model()
	}
	by := map[string][]Measures{}
	var scores, times []float64
	var hits []bool
	for _, res := range results {
		for leg, m := range res.Legs {
			by[leg] = append(by[leg], m)
		}
		scores, hits, times = append(scores, res.Relevance), append(hits, res.Hit), append(times, res.Milliseconds)
	}
	for leg, list := range by {
		rep.Legs[leg] = mean(list)
		rep.Intervals[leg] = interval(gains(list), r.Seed, r.Resamples)
	}
	slices.Sort(times)
	rep.Relevance = Relevance{AUROC: auroc(scores, hits), ECE: calibration(scores, hits)}
	rep.Latency = Latency{P50: times[len(times)/2], P99: times[len(times)*99/100]}
	return rep
}

func gains(list []Measures) []float64 {
	out := make([]float64, len(list))
	for i, m := range list {
		out[i] = m.NDCG10
	}
	return out
}

// Compare sets the report against an earlier one of the same collection.
func (r *Report) Compare(earlier Report, resamples int) error {
	before := make(map[string]Result, len(earlier.Results))
	for _, res := range earlier.Results {
		before[res.ID] = res
	}
	r.Against = map[string]Difference{}
	for leg := range r.Legs {
		var diff []float64
		for _, res := range r.Results {
			if b, ok := before[res.ID].Legs[leg]; ok {
				diff = append(diff, res.Legs[leg].NDCG10-b.NDCG10)
			}
		}
		if len(diff) == 0 {
			continue
		}
		sum := 0.0
		for _, d := range diff {
			sum += d
		}
		r.Against[leg] = Difference{sum / float64(len(diff)), interval(diff, r.Seed, resamples), len(diff)}
	}
	if len(r.Against) == 0 {
		return kb.Errorf(kb.Invalid, "the earlier report has no query of the collection %s: compare reports of one collection", r.Collection)
	}
	return nil
}

// ReadReport reads what was printed as JSON.
func ReadReport(in io.Reader) (Report, error) {
	var rep Report
	if err := json.NewDecoder(in).Decode(&rep); err != nil {
		return Report{}, kb.Wrap(kb.Invalid, err, "this is no report of askdesk eval retrieval --json")
	}
	return rep, nil
}

// WriteTable prints the figures for a person.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s: %d documents, %d queries\n\n", r.Collection, r.Docs, r.Queries)
	fmt.Fprintln(t, "order\tnDCG@10\trecall@5\t@10\t@100\tMRR@10")
	for _, leg := range []string{Lexical, Dense, RRF, Product} {
		m, ok := r.Legs[leg]
		if !ok {
			continue
		}
		i := r.Intervals[leg]
		fmt.Fprintf(t, "%s\t%.3f [%.3f %.3f]\t%.3f\t%.3f\t%.3f\t%.3f\n", leg, m.NDCG10, i.Low, i.High, m.Recall5, m.Recall10, m.Recall100, m.MRR10)
	}
	fmt.Fprintf(t, "\nrelevance of the first passage\tAUROC %.3f, ECE %.3f\n", r.Relevance.AUROC, r.Relevance.ECE)
	fmt.Fprintf(t, "retrieval\tp50 %.1f ms, p99 %.1f ms\n", r.Latency.P50, r.Latency.P99)
	fmt.Fprintf(t, "ingest\t%d chunks, %.0f a second\n", r.Ingest.Chunks, r.Ingest.ChunksPerSecond)
	for _, leg := range slices.Sorted(maps.Keys(r.Against)) {
		d := r.Against[leg]
		fmt.Fprintf(t, "%s against the earlier run\t%+.3f [%+.3f %+.3f] over %d queries\n", leg, d.Gain, d.Low, d.High, d.Queries)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
