package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) indexVerify() *cobra.Command {
	var base string
	var repair, yes, asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Compare an index with what was ingested, and mend it",
		Long: `Compare the index of a knowledge base with the manifest of what was ingested: documents
by id, metadata and number of chunks, chunks by the hash of their content. It finds
documents that are

  lost     in the manifest, and not in the index, or not whole
  extra    in the index, and not in the manifest
  stale    in the index in another state than the manifest has
  damaged  stored as something else than what was ingested

and chunks that no search finds any more, which a write that was cut off leaves behind.
With --repair all of that is removed from the index; the next askdesk ingest of the source
brings lost, stale and damaged documents back. Where Qdrant has nothing of the index at
all, most often another Qdrant was asked: check index.qdrant.address. Nothing is removed
then, unless --yes says that the collection is lost. Exit code 3 says that something was found
which is not mended yet.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				r, err := s.verify(ctx, bases[0], repair, yes)
				if err != nil {
					return err
				}
				return a.showVerified(bases[0], r, repair, asJSON)
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	c.Flags().BoolVar(&repair, "repair", false, "remove from the index what is not right")
	c.Flags().BoolVar(&yes, "yes", false, "repair even if Qdrant has nothing of the index: all of it is to be ingested again")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// versions are the version of a base that is in use, and the one beside it; nil
// where there is none.
func (s *service) versions(ctx context.Context, base string) (current state.IndexVersion, beside *state.IndexVersion, err error) {
	list, err := s.state.Versions(ctx, base)
	if err != nil {
		return current, nil, err
	}
	for i := range list {
		if list[i].Role == state.Beside {
			beside = &list[i]
		}
	}
	return list[0], beside, nil
}

// examined is what verify found.
type examined struct {
	audit.Report
	missing bool // Qdrant has nothing of the index
}

func (s *service) verify(ctx context.Context, base string, repair, yes bool) (r examined, err error) {
	unlock, err := s.lock(ctx, "askdesk index verify")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	v, _, err := s.versions(ctx, base)
	if err != nil {
		return r, err
	}
	err = s.withIndex(ctx, v, func(x index) error {
		if _, r.missing, err = whole(ctx, x, base); err != nil {
			return err
		}
		if r.missing && repair && !yes {
			return kb.Errorf(kb.Conflict, "%s Nothing was changed.", missing(base))
		}
		if r.Report, err = audit.Verify(ctx, base, s.state, x, repair); err != nil || !repair {
			return err
		}
		return x.Keep(ctx, s.state.Live)
	})
	return r, err
}

// missing says what to do about an index of which Qdrant has nothing.
func missing(base string) string {
	return fmt.Sprintf("The collection of %q is not in Qdrant: check index.qdrant.address and index.qdrant.prefix first. If they are right, restore it from a snapshot, or give it up with askdesk index verify --repair --yes --kb %s and bring its documents in again.", base, base)
}

// verified is the JSON form of what verify found.
type verified struct {
	KB        string       `json:"kb"`
	Documents int          `json:"documents"`
	Chunks    int          `json:"chunks"`
	Repaired  bool         `json:"repaired"`
	Faults    []indexFault `json:"faults"`
	Leftover  int          `json:"leftover_chunks"`
	Missing   bool         `json:"missing,omitempty"` // Qdrant has nothing of the index
}

type indexFault struct {
	Kind     audit.Kind `json:"kind"`
	Document string     `json:"document"`
	Source   string     `json:"source"`
	Path     string     `json:"path"`
	Absent   bool       `json:"absent,omitempty"` // the index has nothing of it: only an ingest mends that
}

func (a *app) showVerified(base string, r examined, repair, asJSON bool) error {
	out := verified{KB: base, Documents: r.Documents, Chunks: r.Chunks, Repaired: repair, Faults: []indexFault{}, Leftover: r.Swept, Missing: r.missing}
	open := !repair && r.Swept > 0 // something is still to be done
	for _, f := range r.Faults {
		out.Faults = append(out.Faults, indexFault{f.Kind, f.Document.ID, f.Document.Source, f.Document.Path, f.Absent})
		open = open || !repair || f.Kind != audit.Extra
	}
	if asJSON {
		if err := a.printJSON(out); err != nil {
			return err
		}
	} else {
		a.showFaults(out)
	}
	if open {
		return errPartial
	}
	return nil
}

func (a *app) showFaults(v verified) {
	again, mend := false, v.Leftover > 0
	for _, f := range v.Faults {
		a.printf("%-8s %s/%s\n", f.Kind, f.Source, f.Path)
		again, mend = again || f.Kind != audit.Extra, mend || !f.Absent
	}
	if v.Leftover > 0 {
		gone := ""
		if v.Repaired {
			gone = ": removed"
		}
		a.printf("%s that no search finds%s\n", plural(v.Leftover, "chunk", "chunks"), gone)
	}
	a.printf("%s: %d documents and %d chunks in the index, %d not right.\n", v.KB, v.Documents, v.Chunks, len(v.Faults))
	switch {
	case v.Repaired && again:
		a.notef("What was lost, stale or damaged is out of the index now. Bring it back with: askdesk ingest PATH --kb %s\n", v.KB)
	case v.Repaired:
	case v.Missing:
		a.notef("%s\n", missing(v.KB))
	case mend && again:
		a.notef("Mend it with: askdesk index verify --repair --kb %s, and then: askdesk ingest PATH --kb %s\n", v.KB, v.KB)
	case mend:
		a.notef("Mend it with: askdesk index verify --repair --kb %s\n", v.KB)
	case again:
		a.notef("Bring back what is lost with: askdesk ingest PATH --kb %s\n", v.KB)
	}
}
