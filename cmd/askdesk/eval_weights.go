package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/fit"
	"github.com/askdesk/askdesk/eval/orders"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/rank"
)

func (a *app) evalWeights() *cobra.Command {
	var draw fit.Draw
	var out string
	var asJSON bool
	c := &cobra.Command{
		Use:   "weights DIR DIR...",
		Short: "Learn what each feature of ranking counts, and whether that ranks better",
		Long: `Learn from judged collections (as those of eval retrieval) how much each feature of
ranking should count, for each way of searching (by words, by a vector a chunk, by sentences
too), and print how well weights that were learned from the other collections rank each one,
beside the weights that ship. With --out, what was learned from all of them becomes a file
that the setting retrieval.weights takes.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if draw.Most < 1 {
				return kb.Errorf(kb.Invalid, "--queries is how many queries of a collection are drawn: at least 1.")
			}
			draw.KB = defaultBase
			sets, err := a.weigh(c, args, draw)
			if err != nil {
				return err
			}
			if out != "" {
				if err := writeWeights(out, sets, args, draw.Seed); err != nil {
					return err
				}
			}
			if asJSON {
				return a.printJSON(sets)
			}
			for _, set := range sets {
				a.printf("%s\n\n", set.Name)
				if err := set.WriteTable(a.out); err != nil {
					return err
				}
				a.printf("\n")
			}
			return nil
		},
	}
	c.Flags().IntVar(&draw.Most, "queries", 600, "how many queries of a collection are drawn at most")
	c.Flags().Uint64Var(&draw.Seed, "seed", 1, "of the draw")
	c.Flags().StringVar(&out, "out", "", "file for the weights learned from all collections")
	c.Flags().BoolVar(&asJSON, "json", false, "print every figure as JSON")
	return c
}

// wayOfSearching is a set of weights, with what was learned for it.
type wayOfSearching struct {
	Name string `json:"name"` // as in the file of weights
	fit.Weighing
	options retrieval.Options
	lessons []*fit.Lesson
}

// weigh learns from each collection in every way that the settings can search.
func (a *app) weigh(c *cobra.Command, dirs []string, draw fit.Draw) ([]*wayOfSearching, error) {
	var sets []*wayOfSearching
	for _, dir := range dirs {
		err := a.withCollection(c, dir, func(ctx context.Context, s *service, judged *collection.Collection, _ orders.Ingest) error {
			if sets == nil {
				sets = s.waysOfSearching()
			}
			for i, way := range s.waysOfSearching() {
				l, err := fit.Learn(ctx, judged, retrieval.New(s.promised(), way.options), draw)
				if err != nil {
					return err
				}
				sets[i].lessons = append(sets[i].lessons, l)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, set := range sets {
		var err error
		if set.Weighing, err = fit.Weigh(set.lessons); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// waysOfSearching are those that an embedder allows.
func (s *service) waysOfSearching() []*wayOfSearching {
	sets := []*wayOfSearching{{Name: "words"}}
	if s.embedder.Embedder != nil {
		sets = append(sets, &wayOfSearching{Name: "dense", options: retrieval.Options{Embedders: retrieval.Embedding{Embedder: s.embedder.Embedder}}})
	}
	if s.embedder.builtin != nil {
		sets = append(sets, &wayOfSearching{Name: "sentences", options: retrieval.Options{Embedders: s.embedder.embedding("")}})
	}
	return sets
}

// writeWeights writes what was learned. A way of searching that was not tried, or
// that had nothing to choose between, keeps the weights that ship.
func writeWeights(path string, sets []*wayOfSearching, dirs []string, seed uint64) error {
	var names []string
	for _, dir := range dirs {
		names = append(names, filepath.Base(dir))
	}
	file := rank.Shipped()
	file.Made, file.Seed = time.Now().UTC().Format(time.DateOnly), seed
	file.From = fmt.Sprintf("learned from %s; each figure is by weights learned from the others", strings.Join(names, ", "))
	into := map[string]*rank.Set{"words": &file.Words, "dense": &file.Dense, "sentences": &file.Sentences}
	for _, set := range sets {
		if learned := set.Set(); len(learned.Weights) > 0 {
			*into[set.Name] = learned
		}
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o600); err != nil {
		return kb.Wrap(kb.Invalid, err, "Cannot write the weights to %s", path)
	}
	return nil
}
