package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/synonyms"
)

func (a *app) synonymsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "synonyms",
		Short: "Check the words that mean the same to your customers and documents",
		Long: `DATA/synonyms.yaml names words that mean the same: groups of them, what customers' words
are called in the documents (rules), and abbreviations. It is read again when it changes;
docs/OPERATIONS.md says how to write it.`,
		Args: cobra.NoArgs,
	}
	c.AddCommand(a.synonymsCheck())
	return c
}

func (a *app) synonymsCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Find mistakes in the file, and words that no document has",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			path := filepath.Join(cfg.Data, synonyms.File)
			if len(args) > 0 {
				path = args[0]
			}
			entries, problems := synonyms.Check(path)
			for _, p := range problems {
				a.printf("%s\n", located(path, p.Line, p.Reason))
			}
			if len(problems) > 0 {
				return kb.Errorf(kb.Conflict, "%s. Until they are gone, what was last good is used.", plural(len(problems), "mistake", "mistakes"))
			}
			return a.withService(c, func(ctx context.Context, s *service) error {
				idle, err := s.idleSynonyms(ctx, entries)
				for _, p := range idle {
					a.printf("%s\n", located(path, p.Line, "warning: "+p.Reason))
				}
				if err == nil {
					a.notef("%s, no mistakes.\n", plural(len(entries), "entry", "entries"))
				}
				return err
			})
		},
	}
}

func located(path string, line int, reason string) string {
	if line == 0 {
		return path + ": " + reason
	}
	return fmt.Sprintf("%s:%d: %s", path, line, reason)
}

// idleSynonyms says which entries do nothing, because no document has any of the
// words that they lead to.
func (s *service) idleSynonyms(ctx context.Context, entries []synonyms.Text) (list []synonyms.Problem, err error) {
	all, err := s.state.Bases(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, base := range all {
		names = append(names, base.Name)
	}
	for _, e := range entries {
		if e.Base != "" && !slices.Contains(names, e.Base) {
			list = append(list, synonyms.Problem{Line: e.Line, Reason: fmt.Sprintf("there is no knowledge base %q%s", e.Base, kb.DidYouMean(e.Base, names))})
			continue
		}
		bases := names
		if e.Base != "" {
			bases = []string{e.Base}
		}
		held, err := s.held(ctx, bases, e.Texts)
		if err != nil {
			return list, err
		}
		if !held {
			where := "any knowledge base"
			if e.Base != "" {
				where = e.Base
			}
			list = append(list, synonyms.Problem{Line: e.Line, Reason: fmt.Sprintf("no document of %s has “%s”, so the entry does nothing", where, strings.Join(e.Texts, "” or “"))})
		}
	}
	return list, nil
}

// held reports whether documents of one of the knowledge bases have all words of one
// of the texts.
func (s *service) held(ctx context.Context, bases, texts []string) (bool, error) {
	for _, base := range bases {
		for _, t := range texts {
			found, err := s.index.Search(ctx, kb.Query{KB: base, Text: t, Audience: kb.Agent, AsOf: s.now(), Depth: 1})
			if err != nil {
				return false, err
			}
			unknown := func(t kb.QueryTerm) bool { return len(t.IDs) == 0 || t.Meant != "" }
			if len(found.Query) > 0 && !slices.ContainsFunc(found.Query, unknown) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (s *service) examineSynonyms() finding {
	path := filepath.Join(s.cfg.Data, synonyms.File)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return finding{"synonyms", true, "none"}
	}
	entries, problems := synonyms.Check(path)
	if len(problems) > 0 {
		return finding{"synonyms", false, located(synonyms.File, problems[0].Line, problems[0].Reason) + "; see: askdesk synonyms check"}
	}
	return finding{"synonyms", true, plural(len(entries), "entry", "entries")}
}
