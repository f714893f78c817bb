package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

// questionsFlags are the choices of `askdesk eval questions`.
type questionsFlags struct {
	base    string
	model   string
	leg     string
	against string
	html    string
	json    bool
}

func (a *app) evalQuestions() *cobra.Command {
	var f questionsFlags
	c := &cobra.Command{
		Use:   "questions [FILE...]",
		Short: "Run judged questions through the code that serves",
		Long: `Run files of judged questions (JSON lines: id, kb, question, history, answerable, gold,
must, kind) through the code that serves, and print how often the right passage is first,
in three and in five, which questions were answered right, wrong or handed off, and how
well relevance tells what can be answered. Each question is asked of the knowledge base
that it names; figures are of all, and of each. Without a file it runs the questions kept
with the knowledge base (see: askdesk judged).

To see what ranking is worth, measure one leg alone and compare:
  askdesk eval questions FILE... --leg lexical --json > words.json
  askdesk eval questions FILE... --against words.json`,
		RunE: func(c *cobra.Command, args []string) error {
			questions, err := loadQuestions(args)
			if err != nil {
				return err
			}
			return a.withService(c, func(ctx context.Context, s *service) error {
				if len(args) == 0 {
					if questions, err = s.keptQuestions(ctx, f.base); err != nil {
						return err
					}
				}
				report, err := s.measureQuestions(ctx, f, questions)
				if err != nil {
					return err
				}
				return a.printReport(report, f.html, f.json)
			})
		},
	}
	c.Flags().StringVar(&f.base, "kb", "", "knowledge base that all questions are asked of (default: the one that each names, else the only one, or default)")
	c.Flags().StringVar(&f.model, "model", "", "model profile that writes the answers")
	c.Flags().StringVar(&f.leg, "leg", "", "search by one leg alone, lexical (BM25) or dense (cosine), without answers")
	c.Flags().StringVar(&f.against, "against", "", "JSON report of an earlier run to compare with, question by question")
	c.Flags().StringVar(&f.html, "html", "", "file to write a page for a browser to")
	c.Flags().BoolVar(&f.json, "json", false, "print every figure and every single result as JSON")
	c.MarkFlagsMutuallyExclusive("leg", "model")
	return c
}

func (s *service) measureQuestions(ctx context.Context, f questionsFlags, questions []eval.Question) (eval.Report, error) {
	if err := s.assign(ctx, f.base, questions); err != nil {
		return eval.Report{}, err
	}
	opt := eval.Options{Questions: questions, Retriever: s.retriever, Answerer: s.answerer, Model: f.model}
	if f.leg != "" {
		var spaces retrieval.Embedders
		if s.embedder.Embedder != nil || len(s.cfg.Embedders) > 0 {
			spaces = s.embedders
		}
		alone, err := eval.LegAlone(eval.Leg(f.leg), s.promised(), spaces)
		if err != nil {
			return eval.Report{}, err
		}
		opt.Leg, opt.Retriever, opt.Answerer = eval.Leg(f.leg), alone, nil
	}
	report, err := eval.Run(ctx, opt)
	if err != nil || f.against == "" {
		return report, err
	}
	earlier, err := readEarlier(f.against, eval.ReadReport)
	if err != nil {
		return report, err
	}
	return report, report.Compare(earlier, metric.Bootstrap{})
}

// keptQuestions are those kept with the knowledge base that is meant, to be asked
// of it whatever name they have for it.
func (s *service) keptQuestions(ctx context.Context, named string) ([]eval.Question, error) {
	bases, err := s.chosenBases(ctx, one(named))
	if err != nil {
		return nil, err
	}
	questions, err := s.judged(ctx, bases[0])
	for i := range questions {
		questions[i].KB = bases[0]
	}
	return questions, err
}

// assign has each question name the knowledge base that it is asked of: base
// where that is given, else its own, else the one that commands mean.
func (s *service) assign(ctx context.Context, base string, questions []eval.Question) error {
	type key struct{ base, id string }
	seen := map[key]bool{}
	for i := range questions {
		q := &questions[i]
		if base != "" {
			q.KB = base
		}
		bases, err := s.chosenBases(ctx, one(q.KB))
		switch {
		case kb.CodeOf(err) == kb.NotFound && q.KB != "" && base == "":
			return kb.Wrap(kb.NotFound, err, "question %s names a knowledge base that is not there; --kb NAME asks another one. %s", q.ID, kb.MessageOf(err))
		case err != nil:
			return err
		}
		q.KB = bases[0]
		if seen[key{q.KB, q.ID}] {
			return kb.Errorf(kb.Invalid, "the id %q is in the questions twice: give each its own", q.ID)
		}
		seen[key{q.KB, q.ID}] = true
	}
	return nil
}

// report is what was measured, in its forms for people.
type report interface {
	WriteTable(out io.Writer) error
	WriteHTML(out io.Writer) error
}

// printReport writes the page, where one is wanted, and prints the rest.
func (a *app) printReport(r report, page string, asJSON bool) error {
	if page != "" {
		f, err := os.Create(page)
		if err != nil {
			return kb.Wrap(kb.Invalid, err, "Cannot write the page %s", page)
		}
		if err := errors.Join(r.WriteHTML(f), f.Close()); err != nil {
			return err
		}
	}
	if asJSON {
		return a.printJSON(r)
	}
	return r.WriteTable(a.out)
}

// readEarlier reads the report of an earlier run.
func readEarlier[R any](path string, read func(io.Reader) (R, error)) (R, error) {
	var none R
	f, err := os.Open(path)
	if err != nil {
		return none, kb.Wrap(kb.NotFound, err, "Cannot read the earlier report %s", path)
	}
	defer f.Close()
	earlier, err := read(f)
	if err != nil {
		return none, kb.Wrap(kb.Invalid, err, "%s", path)
	}
	return earlier, nil
}

// one is a list of name, or of nothing.
func one(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}
