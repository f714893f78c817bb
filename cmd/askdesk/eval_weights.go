package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/fit"
	"github.com/askdesk/askdesk/eval/orders"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) evalWeights() *cobra.Command {
	var most int
	var seed uint64
	var asJSON bool
	c := &cobra.Command{
		Use:   "weights DIR DIR...",
		Short: "Learn what each feature of ranking counts, and whether that ranks better",
		Long: `Learn from judged collections (as those of eval retrieval) how much each feature of
ranking should count, and print how well weights that were learned from the other
collections rank each one, beside the weights that the product has.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if most < 1 {
				return kb.Errorf(kb.Invalid, "--queries is how many queries of a collection are drawn: at least 1.")
			}
			var lessons []*fit.Lesson
			for _, dir := range args {
				err := a.withCollection(c, dir, func(ctx context.Context, s *service, judged *collection.Collection, _ orders.Ingest) error {
					l, err := fit.Learn(ctx, judged, s.retriever, fit.Draw{KB: defaultBase, Most: most, Seed: seed})
					lessons = append(lessons, l)
					return err
				})
				if err != nil {
					return err
				}
			}
			weighing, err := fit.Weigh(lessons)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(weighing)
			}
			return weighing.WriteTable(a.out)
		},
	}
	c.Flags().IntVar(&most, "queries", 600, "how many queries of a collection are drawn at most")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the draw")
	c.Flags().BoolVar(&asJSON, "json", false, "print every figure as JSON")
	return c
}
