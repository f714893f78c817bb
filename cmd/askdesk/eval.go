package main

import (
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
	c.AddCommand(a.evalQuestions(), a.evalRetrieval(), a.evalCalibration(), a.evalWeights())
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
