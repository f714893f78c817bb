package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

func (a *app) searchCommand() *cobra.Command {
	var kbs []string
	var limit int
	var asJSON, explain bool
	c := &cobra.Command{
		Use:   `search "QUERY"`,
		Short: "Show the passages that a question finds",
		Long: `Show the passages that a question finds, best first, as answers are written from them. -
reads the question from standard input. With --explain each passage comes with what was
measured of it: what a feature adds, together, is the score by which passages are ordered,
unless a reranker puts them in order afterwards.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query, err := a.asked(strings.Join(args, " "))
			if err != nil {
				return err
			}
			return a.withBases(c, kbs, func(ctx context.Context, s *service, bases []string) error {
				found, err := s.retriever.Retrieve(ctx, kb.Search{
					KBs: bases, Text: query, Audience: kb.Agent, AsOf: s.now(), Limit: limit,
				})
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(api.FromRetrieved(found, explain))
				}
				if explain {
					a.printSynonyms(found.Synonyms)
				}
				a.printPassages(found.Passages, explain)
				for _, n := range found.Notices {
					a.notef("note: %s\n", n.Message)
				}
				return nil
			})
		},
	}
	c.Flags().StringSliceVar(&kbs, "kb", nil, "knowledge bases (default: the only one, or default)")
	c.Flags().IntVar(&limit, "limit", 5, "passages wanted")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, as the API does")
	c.Flags().BoolVar(&explain, "explain", false, "show why each passage stands where it does")
	return c
}

// printSynonyms says what was searched for besides the words of the question.
func (a *app) printSynonyms(list map[string][]string) {
	for _, words := range slices.Sorted(maps.Keys(list)) {
		a.printf("“%s” is also “%s”\n", words, strings.Join(list[words], "”, “"))
	}
	if len(list) > 0 {
		a.printf("\n")
	}
}

func (a *app) printPassages(passages []kb.Passage, explain bool) {
	if len(passages) == 0 {
		a.printf("Nothing found.\n")
	}
	for i, p := range passages {
		a.printf("%d. %s\n   relevance %.2f", i+1, place(p), p.Relevance)
		if p.Legs.Lexical.Rank > 0 {
			a.printf(", lexical rank %d (%.2f)", p.Legs.Lexical.Rank, p.Legs.Lexical.Score)
		}
		if p.Legs.Dense.Rank > 0 {
			a.printf(", dense rank %d (%.2f)", p.Legs.Dense.Rank, p.Legs.Dense.Score)
		}
		a.printf("\n")
		if explain {
			a.printFeatures(p.Features)
		}
		a.printf("   %s\n\n", strings.ReplaceAll(strings.TrimSpace(p.Text), "\n", "\n   "))
	}
}

// printFeatures is a table of what was measured of a passage, with its score.
func (a *app) printFeatures(list []kb.Feature) {
	const row = "     %-12s %8s %8s\n"
	a.printf(row, "feature", "value", "adds")
	sum := 0.0
	for _, f := range list {
		adds := fmt.Sprintf("%+.3f", f.Contribution)
		if f.Name == retrieval.Reranked {
			adds = "decides"
		}
		a.printf(row, f.Name, fmt.Sprintf("%.3f", f.Value), adds)
		sum += f.Contribution
	}
	a.printf(row, "score", "", fmt.Sprintf("%.3f", sum))
}
