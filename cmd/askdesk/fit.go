package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/calibrate"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) fitCommand() *cobra.Command {
	var base string
	var seed uint64
	var dry, asJSON bool
	c := &cobra.Command{
		Use:   "fit --kb NAME",
		Short: "Make relevance a probability on a knowledge base, from its judged questions",
		Long: `Learn from the judged questions of a knowledge base (see: askdesk judged) what its
evidence is worth: the chance that the documents answer a question, and that the first
passage does. What is learned is used only where it says more about questions held out
than the default; either way relevance is then measured here, and the API says so in
"calibrated". A running service takes it over at once.

It needs at least 30 judged questions, 5 of which the documents do not answer. Follow-ups
are left out: they say little without their history.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				fits, err := s.fit(ctx, bases[0], seed)
				if err != nil {
					return err
				}
				if !dry {
					if err := s.saveFits(ctx, bases[0], fits); err != nil {
						return err
					}
				}
				if asJSON {
					return a.printJSON(fits)
				}
				return a.showFits(c, fits, bases[0], dry)
			})
		},
	}
	c.PersistentFlags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the parts that are held out")
	c.Flags().BoolVar(&dry, "dry-run", false, "only print what would be learned")
	c.Flags().BoolVar(&asJSON, "json", false, "print every figure as JSON")
	c.AddCommand(a.fitShow(&base), a.fitUndo(&base))
	return c
}

// fit learns from the judged questions of a knowledge base.
func (s *service) fit(ctx context.Context, base string, seed uint64) ([]calibrate.Fit, error) {
	questions, err := s.judged(ctx, base)
	if err != nil {
		return nil, err
	}
	observed, err := calibrate.Observe(ctx, s.retriever, base, questions)
	if err != nil {
		return nil, err
	}
	return calibrate.Fits(observed, seed)
}

func (s *service) saveFits(ctx context.Context, base string, fits []calibrate.Fit) error {
	list := make([]kb.Fitted, len(fits))
	for i, f := range fits {
		list[i] = kb.Fitted{
			Calibration: f.Calibration(), Scale: f.Scale, Questions: f.Questions, Unanswerable: f.Unanswerable, Created: s.now().UTC(),
		}
	}
	return s.state.SaveFits(ctx, base, list)
}

func (a *app) showFits(c *cobra.Command, fits []calibrate.Fit, base string, dry bool) error {
	for _, f := range fits {
		if err := f.WriteTable(a.out); err != nil {
			return err
		}
	}
	if dry {
		a.notef("Nothing was changed.\n")
		return nil
	}
	line, err := a.commandLine(c, "fit undo --kb "+base)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(fits, func(f calibrate.Fit) bool { return f.Answer.Fitted || f.Passage.Fitted }) {
		a.notef("Your questions taught better figures than the default: relevance on %q is theirs from now on. To go back:\n  %s\n", base, line)
		return nil
	}
	a.notef("Your questions taught nothing better than the default, so relevance on %q stays as it was; it is checked now, and answers say so (calibrated). To go back:\n  %s\n", base, line)
	return nil
}

func (a *app) fitShow(base *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show",
		Short: "Show what was last fitted to a knowledge base",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				fits, err := s.state.Fits(ctx, bases[0])
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(append([]kb.Fitted{}, fits...))
				}
				if len(fits) == 0 {
					a.printf("Nothing was fitted to %q: its relevance is the default, measured on other documentations.\n", bases[0])
				}
				for _, f := range fits {
					a.printf("scale %s, %s, from %d judged questions, %d of them not in the documents\n  the documents answer: slope %.2f, bias %.2f\n  the first passage answers: slope %.2f, bias %.2f\n",
						f.Scale, f.Created.Format("2006-01-02 15:04 UTC"), f.Questions, f.Unanswerable, f.Answer.Slope, f.Answer.Bias, f.Passage.Slope, f.Passage.Bias)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) fitUndo(base *string) *cobra.Command {
	return &cobra.Command{
		Use:   "undo",
		Short: "Go back to what was before the last fit",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				if err := s.state.UndoFits(ctx, bases[0]); err != nil {
					return err
				}
				a.notef("The last fit of %q is undone.\n", bases[0])
				return nil
			})
		},
	}
}

// judged are the judged questions kept for a knowledge base.
func (s *service) judged(ctx context.Context, base string) ([]eval.Question, error) {
	list, err := s.state.Judged(ctx, base)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, kb.Errorf(kb.NotFound, "No question was judged for %q yet. Add some with: askdesk judged import FILE --kb %s, or take what agents said with: askdesk judged feedback --kb %s", base, base, base)
	}
	questions := make([]eval.Question, len(list))
	var errs []error
	for i, body := range list {
		errs = append(errs, json.Unmarshal(body, &questions[i]))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("judged questions: %w", err)
	}
	return questions, nil
}
