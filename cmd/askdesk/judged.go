package main

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/judged"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) judgedCommand() *cobra.Command {
	var base string
	c := &cobra.Command{
		Use:   "judged",
		Short: "Keep judged questions of a knowledge base, to measure and to fit it",
		Long: `Keep questions whose right answer is known with a knowledge base: from files, as those
of eval questions, or from the thumbs that agents gave. "askdesk eval questions" without
a file measures them, "askdesk fit" learns from them. They stay until they are removed,
also when the conversations they come from are not kept any longer.`,
		Args: cobra.NoArgs,
	}
	c.PersistentFlags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	c.AddCommand(a.judgedImport(&base), a.judgedFeedback(&base), a.judgedExport(&base), a.judgedRemove(&base))
	return c
}

func (a *app) judgedImport(base *string) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE...",
		Short: "Add judged questions from files, in place of those with the same id",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			questions, err := loadQuestions(args)
			if err != nil {
				return err
			}
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				if err := a.warnOfGold(ctx, s, bases[0], questions); err != nil {
					return err
				}
				return a.keep(ctx, s, bases[0], "", questions)
			})
		},
	}
}

// warnOfGold names documents that questions expect and the knowledge base has not:
// such a question can only fail.
func (a *app) warnOfGold(ctx context.Context, s *service, base string, questions []eval.Question) error {
	have, err := s.state.List(ctx, kb.Listing{KB: base, Reader: kb.Reader{Audience: kb.Agent}, Limit: math.MaxInt32})
	if err != nil {
		return err
	}
	for _, q := range questions {
		for _, gold := range q.Gold {
			if !slices.ContainsFunc(have, func(d kb.DocumentInfo) bool { return eval.IsGold(d.Document, []string{gold}) }) {
				a.notef("warning: question %s expects the document %s, which %q does not have.\n", q.ID, gold, base)
			}
		}
	}
	return nil
}

// keep saves questions, in place also of those whose ids begin with prefix.
func (a *app) keep(ctx context.Context, s *service, base, prefix string, questions []eval.Question) error {
	bodies := make(map[string]json.RawMessage, len(questions))
	for _, q := range questions {
		body, err := json.Marshal(q)
		if err != nil {
			return err
		}
		if _, twice := bodies[q.ID]; twice {
			return kb.Errorf(kb.Invalid, "The id %q is in two of the files: ids tell questions apart, so give one of them another.", q.ID)
		}
		bodies[q.ID] = body
	}
	if err := s.state.SaveJudged(ctx, base, prefix, bodies); err != nil {
		return err
	}
	all, err := s.state.Judged(ctx, base)
	if err != nil {
		return err
	}
	a.notef("Added or replaced: %d. Judged questions of %q now: %d.\n", len(bodies), base, len(all))
	return nil
}

func (a *app) judgedFeedback(base *string) *cobra.Command {
	return &cobra.Command{
		Use:   "feedback",
		Short: "Add what agents' thumbs say of answers",
		Long: `Add judged questions from the thumbs that were given on the chat page and over the API.
A thumb up on an answer says that the words it quotes answer the question; on a handoff,
that the documents do not. Thumbs down are counted only: they do not say what is right. Of
the same question the last thumb counts; what earlier thumbs added is replaced.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				rated, err := s.state.Rated(ctx)
				if err != nil {
					return err
				}
				taken, err := judged.FromFeedback(rated, bases[0])
				if err != nil {
					return err
				}
				a.notef("%s what is right. Left out: thumbs down (%d), and thumbs up that judge no passage (%d).\n",
					plural(len(taken.Questions), "thumb up says", "thumbs up say"), taken.Down, taken.Other)
				return a.keep(ctx, s, bases[0], judged.Prefix, taken.Questions)
			})
		},
	}
}

func (a *app) judgedExport(base *string) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Print the judged questions, one JSON object a line",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				list, err := s.state.Judged(ctx, bases[0])
				for _, body := range list {
					a.printf("%s\n", body)
				}
				return err
			})
		},
	}
}

func (a *app) judgedRemove(base *string) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "remove ID... | --all",
		Short: "Remove judged questions",
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return kb.Errorf(kb.Invalid, "Name the ids of the questions to remove, or say --all.")
			}
			return a.withBases(c, one(*base), func(ctx context.Context, s *service, bases []string) error {
				var n int
				var err error
				if all {
					n, err = s.state.ClearJudged(ctx, bases[0])
				} else {
					n, err = s.state.RemoveJudged(ctx, bases[0], args)
				}
				if err != nil {
					return err
				}
				a.notef("Removed %s.\n", plural(n, "judged question", "judged questions"))
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "remove all of them")
	return c
}
