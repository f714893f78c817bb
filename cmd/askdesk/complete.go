package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// values lists what a flag may be: names, each with a tab and a description if it
// has one. A shell has nothing to do with an error, so that there is none.
type values func(context.Context, config.Config) []string

// completions are the flags whose values a shell can complete.
func completions() map[string]values {
	fixed := func(list ...string) values {
		return func(context.Context, config.Config) []string { return list }
	}
	style := func(kind func(prompts.Styles) []prompts.Choice) values {
		return func(_ context.Context, cfg config.Config) []string { return declared(cfg, kind) }
	}
	return map[string]values{
		"kb":       baseNames,
		"tone":     style(func(s prompts.Styles) []prompts.Choice { return s.Tones }),
		"format":   style(func(s prompts.Styles) []prompts.Choice { return s.Formats }),
		"length":   style(func(s prompts.Styles) []prompts.Choice { return s.Lengths }),
		"language": style(func(s prompts.Styles) []prompts.Choice { return s.Languages }),
		"embedder": func(_ context.Context, cfg config.Config) []string { return cfg.EmbedderNames() },
		"model":    func(_ context.Context, cfg config.Config) []string { return cfg.ProfileNames() },
		"role":     fixed(string(kb.RoleAgent), string(kb.RoleEditor), string(kb.RoleAdmin)),
		"audience": fixed(string(kb.Public), string(kb.Agent)),
	}
}

// addCompletions has a shell complete the flags of c and of the commands below it.
func (a *app) addCompletions(c *cobra.Command) {
	known := completions()
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		list, ok := known[f.Name]
		if !ok {
			return
		}
		err := c.RegisterFlagCompletionFunc(f.Name, func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			cfg, _, err := a.config(c)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return list(c.Context(), cfg), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // the flag is there, and is met once
		}
	})
	for _, child := range c.Commands() {
		a.addCompletions(child)
	}
}

// baseNames are the knowledge bases of a data folder, which is not made for this.
func baseNames(ctx context.Context, cfg config.Config) (names []string) {
	if _, err := os.Stat(filepath.Join(cfg.Data, "state.db")); err != nil {
		return nil
	}
	s, err := state.Open(ctx, cfg.Data, state.Options{})
	if err != nil {
		return nil
	}
	defer func() { _ = s.Close() }() // nothing was written
	list, err := s.Bases(ctx)
	if err != nil {
		return nil
	}
	for _, b := range list {
		names = append(names, b.Name+"\t"+plural(b.Documents, "document", "documents"))
	}
	return names
}

// declared are the styles of one kind, a team's own included.
func declared(cfg config.Config, kind func(prompts.Styles) []prompts.Choice) (names []string) {
	library, err := prompts.Open(cfg.Data, prompts.Options{})
	if err != nil {
		return nil
	}
	for _, choice := range kind(library.Current().Styles()) {
		names = append(names, choice.Name+"\t"+choice.Description)
	}
	return names
}
