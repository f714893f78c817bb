package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

func (a *app) promptsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "prompts",
		Short: "Edit what is said to models and customers: prompts, styles, examples",
		Long: `Prompts, styles and examples are files. The built-in ones are overridden by files of
the same name in DATA/prompts and DATA/styles, which are read again when they change.`,
		Args: cobra.NoArgs,
	}
	c.AddCommand(a.promptsInit(), a.promptsCheck(), a.promptsShow(), a.promptsPreview())
	return c
}

func (a *app) promptsInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write the built-in files to the data folder, to be edited",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			written, err := prompts.Init(cfg.Data)
			if err != nil {
				return err
			}
			for _, path := range written {
				a.printf("%s\n", path)
			}
			a.notef("Wrote %s; those that were there stay as they are. Check your edits with: askdesk prompts check\n", plural(len(written), "file", "files"))
			return nil
		},
	}
}

func (a *app) promptsCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Find mistakes in the edited files, with line and reason",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			problems := prompts.Check(cfg.Data)
			for _, p := range problems {
				a.printf("%s\n", p.Error())
			}
			if len(problems) > 0 {
				return kb.Errorf(kb.Conflict, "%s. Until they are gone, the last good or the built-in files are used.", plural(len(problems), "mistake", "mistakes"))
			}
			a.notef("No mistakes.\n")
			return nil
		},
	}
}

func (a *app) promptsShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show [NAME]",
		Short: "List the prompts, or show one with its styles and examples",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := a.promptSet(c)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				a.printf("%s\n", strings.Join(set.Names(), "\n"))
				return nil
			}
			text, err := set.Show(args[0])
			if err != nil {
				return err
			}
			a.printf("%s\n", text)
			return nil
		},
	}
}

func (a *app) promptSet(c *cobra.Command) (*prompts.Set, error) {
	cfg, _, err := a.config(c)
	if err != nil {
		return nil, err
	}
	library, err := prompts.Open(cfg.Data, prompts.Options{Log: a.logger()})
	if err != nil {
		return nil, err
	}
	return library.Current(), nil
}

func (a *app) promptsPreview() *cobra.Command {
	var question string
	var style styleFlags
	var kbs []string
	c := &cobra.Command{
		Use:   "preview --question TEXT",
		Short: "Show the messages that a model would get, with real passages",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if strings.TrimSpace(question) == "" {
				return usageError{fmt.Errorf("--question is missing; see: %s --help", c.CommandPath())}
			}
			return a.withService(c, func(ctx context.Context, s *service) error {
				return a.preview(ctx, s, question, kbs, style.style())
			})
		},
	}
	c.Flags().StringVarP(&question, "question", "q", "", "the question")
	c.Flags().StringSliceVar(&kbs, "kb", nil, "knowledge bases (default: the only one, or default)")
	style.add(c.Flags())
	return c
}

func (a *app) preview(ctx context.Context, s *service, question string, kbs []string, style prompts.Style) error {
	kbs, err := s.chosenBases(ctx, kbs)
	if err != nil {
		return err
	}
	rendered, err := s.answerer.Preview(ctx, answer.Question{Text: question, KBs: kbs, Audience: kb.Agent, Style: style})
	if err != nil {
		return err
	}
	for _, m := range rendered.Messages {
		a.printf("--- %s\n%s\n\n", m.Role, m.Content)
	}
	a.notef("prompt %s, hash %s\n", rendered.Ref.Name, rendered.Ref.Hash)
	return nil
}
