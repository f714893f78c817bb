package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval/calibrate"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) evalCalibration() *cobra.Command {
	var seed uint64
	var asJSON bool
	c := &cobra.Command{
		Use:   "calibration KB=FILE KB=FILE...",
		Short: "Measure whether relevance is a probability, also on a knowledge base it was not fitted to",
		Long: `Search knowledge bases for their judged questions and compare three ways to say what the
evidence is worth: the default, what is learned from all the other knowledge bases, and
what is learned from the base itself, measured on questions held out. Follow-ups are left out.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withService(c, func(ctx context.Context, s *service) error {
				var bases []calibrate.Base
				for _, arg := range args {
					b, err := s.observe(ctx, arg)
					if err != nil {
						return err
					}
					bases = append(bases, b)
				}
				across := calibrate.LeaveOut(bases, seed)
				if asJSON {
					return a.printJSON(across)
				}
				return across.WriteTable(a.out)
			})
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "of intervals and of the parts that are held out")
	c.Flags().BoolVar(&asJSON, "json", false, "print every figure as JSON")
	return c
}

// observe searches the knowledge base of an argument KB=FILE.
func (s *service) observe(ctx context.Context, arg string) (calibrate.Base, error) {
	base, file, ok := strings.Cut(arg, "=")
	if !ok {
		return calibrate.Base{}, kb.Errorf(kb.Invalid, "%q does not say which knowledge base the questions are for: write KB=FILE.", arg)
	}
	if _, err := s.state.Base(ctx, base); err != nil {
		return calibrate.Base{}, err
	}
	questions, err := loadQuestions([]string{file})
	if err != nil {
		return calibrate.Base{}, err
	}
	observed, err := calibrate.Observe(ctx, s.retriever, base, questions)
	return calibrate.Base{Name: base, Observed: observed}, err
}
