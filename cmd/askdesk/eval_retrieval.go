package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/eval/orders"
	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// retrievalFlags are the choices of `askdesk eval retrieval`.
type retrievalFlags struct {
	against string
	html    string
	queries int
	typos   float64
	seed    uint64
	json    bool
}

func (a *app) evalRetrieval() *cobra.Command {
	var f retrievalFlags
	c := &cobra.Command{
		Use:   "retrieval DIR",
		Short: "Measure retrieval on a judged collection",
		Long: `Ingest a judged collection (corpus.jsonl, queries.jsonl, qrels.tsv) into a folder of its
own that is removed afterwards, search it with the code that serves, and print nDCG@10,
recall and MRR of each leg, of both by rank fusion and by a weighted sum of their scores,
and of the product's own order; and how well relevance tells right from wrong.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.typos < 0 || f.typos > 1:
				return kb.Errorf(kb.Invalid, "--typos is a share of the words, from 0 to 1.")
			case f.queries < 0:
				return kb.Errorf(kb.Invalid, "--queries is how many queries are drawn at most: 1 or more, or 0 for all.")
			}
			report, err := a.measureCollection(c, f, args[0])
			if err != nil {
				return err
			}
			if f.against != "" {
				earlier, err := readEarlier(f.against, orders.ReadReport)
				if err != nil {
					return err
				}
				if err := report.Compare(earlier, metric.Bootstrap{Seed: f.seed}); err != nil {
					return err
				}
			}
			return a.printReport(report, f.html, f.json)
		},
	}
	c.Flags().Float64Var(&f.typos, "typos", 0, "share of the queries' words, 0 to 1, that get a typing mistake")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of the typing mistakes, of the draw and of the intervals")
	c.Flags().StringVar(&f.against, "against", "", "JSON report of an earlier run to compare with, query by query")
	c.Flags().StringVar(&f.html, "html", "", "file to write a page for a browser to")
	c.Flags().IntVar(&f.queries, "queries", 0, "how many queries are drawn at most (default: all)")
	c.Flags().BoolVar(&f.json, "json", false, "print every figure and every single result as JSON")
	return c
}

func (a *app) measureCollection(c *cobra.Command, f retrievalFlags, dir string) (report orders.Report, err error) {
	err = a.withCollection(c, dir, func(ctx context.Context, s *service, judged *collection.Collection, in orders.Ingest) error {
		if f.queries > 0 {
			judged.Queries = judged.Draw(f.queries, f.seed)
		}
		report, err = orders.Run(ctx, orders.Options{
			Collection: judged, KB: defaultBase, Index: s.index, Searcher: s.retriever, Now: s.now,
			Embedder: s.embedder.Embedder, Typos: f.typos, Seed: f.seed,
		})
		report.Ingest = in
		return err
	})
	return report, err
}

// withCollection ingests a collection into a data folder of its own, with the
// settings of the command, and removes it after do.
func (a *app) withCollection(c *cobra.Command, dir string, do func(context.Context, *service, *collection.Collection, orders.Ingest) error) (err error) {
	judged, err := collection.Load(dir)
	if err != nil {
		return err
	}
	cfg, _, err := a.config(c)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "askdesk-eval-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	cfg.Data = filepath.Join(tmp, "data")
	cfg.Index.Qdrant.Prefix = filepath.Base(tmp) // apart from the knowledge base of the same name that is served
	return a.withConfig(c.Context(), cfg, func(ctx context.Context, s *service) (err error) {
		defer func() { err = errors.Join(err, s.index.Drop(context.WithoutCancel(ctx), defaultBase)) }()
		in, err := s.ingestCollection(ctx, judged, filepath.Join(tmp, "files"))
		if err != nil {
			return err
		}
		a.notef("%s: %s in %s, %s.\n", judged.Name, plural(len(judged.Documents), "document", "documents"),
			plural(in.Chunks, "chunk", "chunks"), plural(len(judged.Queries), "query", "queries"))
		return do(ctx, s, judged, in)
	})
}

// ingestCollection brings the documents into the default knowledge base of an
// empty data folder.
func (s *service) ingestCollection(ctx context.Context, c *collection.Collection, dir string) (orders.Ingest, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return orders.Ingest{}, err
	}
	if err := c.WriteTo(dir); err != nil {
		return orders.Ingest{}, err
	}
	if _, err := s.CreateBase(ctx, defaultBase); err != nil {
		return orders.Ingest{}, err
	}
	pipeline := ingest.New(ingest.Options{
		Index: s.index, Manifest: s.state, Sources: s.state, Reader: collection.Reader{}, Embedders: s.embedders, Log: s.log,
	})
	report, err := pipeline.Run(ctx, ingest.Request{KB: defaultBase, Target: ingest.Target{Source: c.Name, Root: dir}})
	if err != nil {
		return orders.Ingest{}, err
	}
	in := orders.Ingest{Chunks: report.Counts.Chunks}
	for _, file := range report.Files {
		if file.Status == ingest.Failed {
			return in, kb.Errorf(kb.Invalid, "document %s of the collection cannot be indexed: %s", file.Path, file.Reason)
		}
	}
	if report.Seconds > 0 {
		in.ChunksPerSecond = float64(in.Chunks) / report.Seconds
	}
	return in, nil
}
