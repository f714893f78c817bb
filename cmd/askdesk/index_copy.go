package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) indexCopy() *cobra.Command {
	var base, to string
	c := &cobra.Command{
		Use:   "copy --to local|qdrant",
		Short: "Move the index of a knowledge base to Qdrant, or back, without embedding anew",
		Long: `Copy the index of a knowledge base to the other backend, with texts and vectors, compare
the copy with the manifest, and use it from then on. The index that was in use answers
until then, and is removed after. A copy that was cut off goes on when it is called again.
The settings for Qdrant are index.qdrant.*.

There is a gap: from the end of the copy until index.kind is set to the new backend and
serve is started again, this knowledge base answers 503. Writes wait while it is copied.
With several knowledge bases copy all of them first, the largest at the start.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if to != config.Local && to != config.InQdrant {
				return usageError{fmt.Errorf("--to is %q: write local or qdrant", to)}
			}
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				done, err := s.copyIndex(ctx, bases[0], to)
				if err != nil {
					return err
				}
				a.printf("%s: %d documents and %d chunks are in the %s index now.\n", bases[0], done.Documents, done.Chunks, to)
				return a.noteCopied(ctx, s, to)
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	c.Flags().StringVar(&to, "to", "", "local or qdrant")
	return c
}

// noteCopied says what is left to do until a copied index answers.
func (a *app) noteCopied(ctx context.Context, s *service, to string) error {
	if s.cfg.Index.Kind == to {
		return nil
	}
	bases, err := s.state.Bases(ctx)
	if err != nil {
		return err
	}
	moved, err := s.state.Elsewhere(ctx)
	if err != nil {
		return err
	}
	for _, b := range bases {
		if !slices.Contains(moved, b.Name) {
			a.notef("It answers 503 until all are moved and index.kind is changed. Go on with: askdesk index copy --kb %s --to %s\n", b.Name, to)
			return nil
		}
	}
	a.notef("It answers 503 until index.kind is changed. Set index.kind: %s and start Askdesk again.\n", to)
	return nil
}

func (s *service) copyIndex(ctx context.Context, base, to string) (done audit.Copied, err error) {
	unlock, err := s.lock(ctx, "askdesk index copy")
	if err != nil {
		return audit.Copied{}, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	from, beside, err := s.versions(ctx, base)
	if err != nil {
		return audit.Copied{}, err
	}
	if beside != nil {
		return audit.Copied{}, kb.Errorf(kb.Conflict, "The knowledge base %q has an index beside the one in use, which would be lost. Remove it first: askdesk index discard --kb %s", base, base)
	}
	if from.Backend == to {
		return audit.Copied{}, kb.Errorf(kb.Conflict, "The knowledge base %q is in the %s index already.", base, to)
	}
	target, err := s.state.Build(ctx, base, to)
	if err != nil {
		return audit.Copied{}, err
	}
	err = s.withIndex(ctx, from, func(old index) error {
		err := s.withIndex(ctx, target, func(fresh index) error {
			done, err = s.copyInto(ctx, base, old, fresh)
			return err
		})
		if err == nil {
			err = s.state.Switch(ctx, base, target.ID)
		}
		if err != nil {
			return err
		}
		return old.Drop(ctx, base)
	})
	return done, err
}

// copyInto copies, and compares the copy with the manifest. What an earlier copy that
// was cut off left there, and is gone since, is removed.
func (s *service) copyInto(ctx context.Context, base string, old, fresh index) (audit.Copied, error) {
	done, err := audit.Copy(ctx, base, old, fresh, func(c audit.Copied) {
		s.note("\r%d documents, %d chunks", c.Documents, c.Chunks)
	})
	s.note("\n")
	if err != nil {
		return done, err
	}
	before, err := audit.Verify(ctx, base, s.state, old, false)
	if err != nil {
		return done, err
	}
	if len(before.Faults) > 0 {
		return done, kb.Errorf(kb.Conflict, "The index of %q is not as the manifest says, so it was not switched. Mend it first: askdesk index verify --repair --kb %s", base, base)
	}
	if _, err := audit.Verify(ctx, base, s.state, fresh, true); err != nil {
		return done, err
	}
	after, err := audit.Verify(ctx, base, s.state, fresh, false)
	if err == nil && len(after.Faults) > 0 {
		err = kb.Errorf(kb.Unavailable, "%d documents did not arrive whole, so the index was not switched. Try again: askdesk index copy", len(after.Faults))
	}
	return done, err
}
