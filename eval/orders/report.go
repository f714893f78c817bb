package orders

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
)

// Report is every figure and every single result of a run.
type Report struct {
	Collection string                         `json:"collection"`
	Docs       int                            `json:"docs"`
	Queries    int                            `json:"queries"`
	Embedder   string                         `json:"embedder"` // "" without one
	Typos      float64                        `json:"typos"`
	Seed       uint64                         `json:"seed"`
	Orders     map[string]collection.Measures `json:"legs"`      // lexical, dense, rrf, convex, product; the three between with an embedder
	Intervals  map[string]metric.Interval     `json:"intervals"` // of ndcg10, by order
	Relevance  Relevance                      `json:"relevance"`
	Latency    Latency                        `json:"latency_ms"`
	Ingest     Ingest                         `json:"ingest"`
	Away       int                            `json:"away"` // queries that were searched by words alone, because the embedder did not answer
	Hurt       *Hurt                          `json:"hurt,omitempty"`
	Against    map[string]metric.Difference   `json:"against,omitempty"` // of ndcg10, by order, where an earlier report was given
	Results    []Result                       `json:"results"`
}

// Relevance tells how well the relevance of the first passage tells right from
// wrong: how it orders, and how far it is from a probability.
type Relevance struct {
	AUROC       float64            `json:"auroc"`
	ECE         float64            `json:"ece"`
	Interval    metric.Interval    `json:"auroc_interval"`
	Calibration metric.Calibration `json:"calibration"`
}

// Latency of a retrieval of ten passages.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Ingest is how fast the documents came in.
type Ingest struct {
	Chunks          int     `json:"chunks"`
	ChunksPerSecond float64 `json:"chunks_per_second"`
}

// Hurt says that the product ranks worse than one of its legs would alone.
type Hurt struct {
	Leg  string            `json:"leg"`
	Loss metric.Difference `json:"loss"` // of ndcg10: the product less the leg
}

// Result is what became of one query.
type Result struct {
	ID           string                         `json:"id"`
	Query        string                         `json:"query"`
	First        string                         `json:"first"` // document of the first passage
	Hit          bool                           `json:"hit"`   // it is relevant
	Relevance    float64                        `json:"relevance"`
	Milliseconds float64                        `json:"ms"`
	Away         bool                           `json:"away,omitempty"` // the embedder was
	Orders       map[string]collection.Measures `json:"legs"`
}

func (r *run) report(results []Result, b metric.Bootstrap) Report {
	rep := Report{
		Collection: r.Collection.Name, Docs: len(r.Collection.Documents), Queries: len(results),
		Typos: r.Typos, Seed: r.Seed, Results: results,
		Orders: map[string]collection.Measures{}, Intervals: map[string]metric.Interval{},
	}
	if r.Embedder != nil {
		rep.Embedder = r.Embedder.Model()
	}
	by := map[string][]collection.Measures{}
	var scores, times []float64
	var hits []bool
	for _, res := range results {
		if res.Away {
			rep.Away++
		}
		for name, m := range res.Orders {
			by[name] = append(by[name], m)
		}
		scores, hits, times = append(scores, res.Relevance), append(hits, res.Hit), append(times, res.Milliseconds)
	}
	for name, list := range by {
		rep.Orders[name] = collection.Mean(list)
		rep.Intervals[name] = b.Mean(rep.gains(name)).Interval
	}
	slices.Sort(times)
	auroc, calibration := b.AUROC(metric.Split(scores, hits)), b.Calibration(scores, hits)
	rep.Relevance = Relevance{AUROC: auroc.Value, ECE: calibration.ECE.Value, Interval: auroc.Interval, Calibration: calibration}
	rep.Latency = Latency{P50: metric.Quantile(times, .5), P99: metric.Quantile(times, .99)}
	rep.Hurt = rep.hurt(b)
	return rep
}

// gains are nDCG@10 of an order, query by query.
func (r Report) gains(name string) []float64 {
	out := make([]float64, len(r.Results))
	for i, res := range r.Results {
		out[i] = res.Orders[name].NDCG10
	}
	return out
}

// hurt compares the product with its better leg; nil where it is no worse than
// chance allows.
func (r Report) hurt(b metric.Bootstrap) *Hurt {
	leg := Lexical
	if r.Orders[Dense].NDCG10 > r.Orders[Lexical].NDCG10 {
		leg = Dense
	}
	loss := b.Difference(r.gains(Product), r.gains(leg))
	if loss.High >= 0 {
		return nil
	}
	return &Hurt{leg, loss}
}

// Compare sets the report against an earlier one of the same collection. Ids of
// queries say nothing across collections: another one is a kb.Invalid.
func (r *Report) Compare(earlier Report, b metric.Bootstrap) error {
	if earlier.Collection != r.Collection {
		return kb.Errorf(kb.Invalid, "the earlier report is of the collection %s, this one of %s: compare reports of one collection", earlier.Collection, r.Collection)
	}
	before := make(map[string]Result, len(earlier.Results))
	for _, res := range earlier.Results {
		before[res.ID] = res
	}
	r.Against = map[string]metric.Difference{}
	for name := range r.Orders {
		var now, was []float64
		for _, res := range r.Results {
			if m, ok := before[res.ID].Orders[name]; ok {
				now, was = append(now, res.Orders[name].NDCG10), append(was, m.NDCG10)
			}
		}
		if len(now) > 0 {
			r.Against[name] = b.Difference(now, was)
		}
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
