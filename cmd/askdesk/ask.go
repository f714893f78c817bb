package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// styleFlags are the flags that choose how an answer is written.
type styleFlags struct{ tone, format, length, language string }

func (f *styleFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.tone, "tone", "", "friendly, formal, empathetic, concise, or a style of your own")
	flags.StringVar(&f.format, "format", "", "chat, email, steps, bullets, or a style of your own")
	flags.StringVar(&f.length, "length", "", "short, medium or long")
	flags.StringVar(&f.language, "language", "", "such as en or de (default: the question's)")
}

func (f *styleFlags) style() prompts.Style {
	return prompts.Style{Tone: f.tone, Format: f.format, Length: f.length, Language: f.language}
}

func (a *app) askCommand() *cobra.Command {
	var style styleFlags
	var kbs []string
	var model string
	var asJSON, explain bool
	c := &cobra.Command{
		Use:   `ask "QUESTION"`,
		Short: "Answer one question from the documents",
		Long: `Answer one question from the documents. - reads the question, such as a pasted mail,
from standard input. With --json the answer has the API's form; it is not stored, so its id is empty.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			question, err := a.asked(strings.Join(args, " "))
			if err != nil {
				return err
			}
			return a.withBases(c, kbs, func(ctx context.Context, s *service, bases []string) error {
				out, err := s.answerer.Answer(ctx, answer.Question{
					Text: question, KBs: bases, Audience: kb.Agent, Style: style.style(), Model: model,
				}, nil)
				if err != nil {
					return err
				}
				if asJSON {
					answer := api.FromAnswer(out)
					answer.Question, answer.KB, answer.Created = question, bases, s.now()
					return a.printJSON(answer)
				}
				a.printAnswer(out)
				if explain {
					a.printf("\n")
					a.printPassages(out.Passages, true)
				}
				return nil
			})
		},
	}
	style.add(c.Flags())
	c.Flags().StringSliceVar(&kbs, "kb", nil, "knowledge bases (default: the only one, or default)")
	c.Flags().StringVar(&model, "model", "", "model profile that writes (see: askdesk config)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, as the API does")
	c.Flags().BoolVar(&explain, "explain", false, "show the passages too, and why each stands where it does")
	return c
}

// asked is the question in arg, or in standard input where arg is "-". That it is
// empty is told before anything is opened for it.
func (a *app) asked(arg string) (string, error) {
	if arg == "-" {
		data, err := io.ReadAll(io.LimitReader(a.in, 1<<20))
		if err != nil {
			return "", fmt.Errorf("read the question from standard input: %w", err)
		}
		arg = string(data)
	}
	if strings.TrimSpace(arg) == "" {
		return "", usageError{errors.New("the question is empty: type what the customer wants to know")}
	}
	return arg, nil
}

func (a *app) printAnswer(out answer.Answer) {
	a.printf("%s\n\n", strings.TrimSpace(out.Text))
	a.printf("[%s]", out.Band)
	for _, r := range out.Reasons {
		a.printf(" %s", r.Message)
	}
	a.printf("\n")
	cited := map[int]kb.Passage{}
	for _, c := range out.Citations {
		cited[c.N] = out.Passages[c.Passage]
	}
	for _, n := range slices.Sorted(maps.Keys(cited)) {
		a.printf("[%d] %s\n", n, place(cited[n]))
	}
	if len(out.Citations) == 0 && len(out.Passages) > 0 {
		a.printf("Nearest:\n")
		for _, p := range out.Passages[:min(3, len(out.Passages))] {
			a.printf("  - %s\n", place(p))
		}
	}
	for _, n := range out.Notices {
		a.notef("note: %s\n", n.Message)
	}
}

// place says in one line where a passage stands.
func place(p kb.Passage) string {
	parts := []string{p.Document.Title}
	if n := len(p.Heading); n > 0 && p.Heading[n-1] != p.Document.Title {
		parts = append(parts, p.Heading[n-1])
	}
	if p.Page > 0 {
		parts = append(parts, fmt.Sprintf("page %d", p.Page))
	}
	where := p.Document.URL
	if where == "" {
		where = p.Document.Source + "/" + p.Document.Path
	}
	return strings.Join(parts, " > ") + " (" + where + ")"
}
