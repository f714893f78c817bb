package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) indexCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "index",
		Short: "Look at indexes, check and mend them, embed them anew, move them to Qdrant and back",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(a.indexStatus(), a.indexVerify(), a.indexCopy(), a.indexReindex(), a.indexSwitch(), a.indexRollback(), a.indexDiscard())
	return c
}

// indexState is what is known of the index of a knowledge base.
type indexState struct {
	KB        string    `json:"kb"`
	Backend   string    `json:"backend"`
	Version   string    `json:"version"`
	Embedder  string    `json:"embedder"`
	Profile   string    `json:"profile"` // name of the embedder in the settings
	Current   bool      `json:"current"`
	Role      string    `json:"role"`             // current, beside (another embedder) or building (an unfinished copy)
	Newer     bool      `json:"newer,omitempty"`  // of one beside: to be switched to, else to be rolled back to
	Behind    int       `json:"behind,omitempty"` // documents that one beside may not have as the manifest has them
	Created   time.Time `json:"created"`
	Documents int       `json:"documents"`         // that the manifest has
	Found     int       `json:"found"`             // of them, that the index has
	Chunks    int       `json:"chunks"`            // that the index has
	Problem   string    `json:"problem,omitempty"` // why the index could not be asked
}

func (a *app) indexStatus() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [KB...]",
		Short: "Say where the index of each knowledge base is, and what it holds",
		RunE: func(c *cobra.Command, names []string) error {
			return a.withService(c, func(ctx context.Context, s *service) error {
				list, err := s.indexStates(ctx, names)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(list)
				}
				return a.showIndexes(list)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

func (s *service) indexStates(ctx context.Context, names []string) ([]indexState, error) {
	bases, err := s.state.Bases(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		bases = nil
		for _, name := range names {
			b, err := s.state.Base(ctx, name)
			if err != nil {
				return nil, err
			}
			bases = append(bases, b)
		}
	}
	list := []indexState{}
	for _, b := range bases {
		versions, err := s.state.Versions(ctx, b.Name)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			st := indexState{KB: b.Name, Backend: v.Backend, Version: v.ID, Embedder: v.Embedder, Profile: profileName(v), Current: v.Role == state.Current,
				Role: string(v.Role), Newer: v.Role == state.Beside && newer(versions[0], v), Created: v.Created, Documents: b.Documents}
			if st.Behind, err = s.state.Behind(ctx, v.ID); err != nil {
				return nil, err
			}
			if st.Found, st.Chunks, err = s.sizeOf(ctx, v); err != nil {
				st.Problem = describe(err)
			}
			list = append(list, st)
		}
	}
	return list, nil
}

// sizeOf is how many documents and chunks a version of an index has.
func (s *service) sizeOf(ctx context.Context, v state.IndexVersion) (documents, chunks int, err error) {
	err = s.withIndex(ctx, v, func(x index) error {
		if documents, err = x.Count(ctx, v.Base); err == nil {
			chunks, err = x.Chunks(ctx, v.Base)
		}
		return err
	})
	return documents, chunks, err
}

// withIndex opens one version of an index for do, wherever it is kept.
func (s *service) withIndex(ctx context.Context, v state.IndexVersion, do func(index) error) (err error) {
	x, err := s.openBackend(ctx, v.Backend, v.Role == state.Beside, func(_ context.Context, base string) (string, error) {
		if base != v.Base {
			return "", kb.Errorf(kb.NotFound, "This index is of %q, not of %q.", v.Base, base)
		}
		return v.ID, nil
	})
	if err != nil {
		return err
	}
	defer func() {
		if failed := x.Close(); err == nil {
			err = failed
		}
	}()
	return do(x)
}

func (a *app) showIndexes(list []indexState) error {
	if len(list) == 0 {
		a.printf("There is no knowledge base yet. Make one with: askdesk ingest PATH --kb NAME\n")
		return nil
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "kb\tbackend\tdocuments\tin the index\tchunks\tembedder\tmodel\tsince\tstate")
	for _, s := range list {
		what := "in use"
		switch {
		case s.Problem != "":
			what = s.Problem
		case s.Role == string(state.Building):
			what = "an unfinished copy: go on with askdesk index copy"
		case s.Newer && s.Behind > 0:
			what = fmt.Sprintf("beside, %s behind: go on with askdesk index reindex --kb %s --embedder %s", plural(s.Behind, "document", "documents"), s.KB, s.Profile)
		case s.Newer:
			what = "beside, complete: have it answer with askdesk index switch --kb " + s.KB
		case s.Role == string(state.Beside):
			what = fmt.Sprintf("the one before, %s behind: go back with askdesk index rollback --kb %s", plural(s.Behind, "document", "documents"), s.KB)
		case s.Found != s.Documents:
			what = "not as the manifest says: askdesk index verify --kb " + s.KB
		}
		found, chunks := strconv.Itoa(s.Found), strconv.Itoa(s.Chunks)
		if s.Problem != "" {
			found, chunks = "?", "?"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.KB, s.Backend, s.Documents, found, chunks,
			s.Profile, modelName(s.Embedder), s.Created.Format(time.DateOnly), what)
	}
	return t.Flush()
}
