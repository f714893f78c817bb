package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) evalCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "eval",
		Short: "Measure retrieval and answers on judged questions",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(a.evalQuestions(), a.evalRetrieval(), a.evalWeights())
	return c
}

func (a *app) evalQuestions() *cobra.Command {
	var base, model string
	var asJSON bool
	c := &cobra.Command{
		Use:   "questions FILE... --kb NAME",
		Short: "Run judged questions through the code that serves",
		Long: `Run files of judged questions (JSON lines: id, question, history, answerable, gold,
must, kind) through the code that serves, and print how often the right passage is first,
in three and in five, and which questions were answered right, wrong or handed off.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			questions, err := loadQuestions(args)
			if err != nil {
				return err
			}
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				report, err := eval.Run(ctx, eval.Options{
					KB: bases[0], Questions: questions, Retriever: s.retriever, Answerer: s.answerer, Model: model,
				})
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(report)
				}
				return report.WriteTable(a.out)
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base that holds the documents (default: the only one, or default)")
	c.Flags().StringVar(&model, "model", "", "model profile that writes the answers")
	c.Flags().BoolVar(&asJSON, "json", false, "print every figure and every single result as JSON")
	return c
}

func loadQuestions(files []string) ([]eval.Question, error) {
	var all []eval.Question
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return nil, kb.Wrap(kb.NotFound, err, "Cannot read the questions of %s", path)
		}
		list, err := eval.LoadQuestions(f)
		f.Close()
		if err != nil {
			return nil, kb.Wrap(kb.Invalid, err, "%s", path)
		}
		all = append(all, list...)
	}
	return all, nil
}

// one is a list of name, or of nothing.
func one(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
