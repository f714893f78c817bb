package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/ingest/follow"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) indexReindex() *cobra.Command {
	var base, embedder, questions string
	var asJSON bool
	c := &cobra.Command{
		Use:   "reindex --embedder NAME",
		Short: "Make a second index of a knowledge base with another embedder, beside the one in use",
		Long: `Make a second index of a knowledge base beside the one that is in use, from the texts
that are stored there, embedded by another embedder of the settings (embedders.NAME; the
one under embedder is called default). The one in use answers and is written as always.
A run that was cut off goes on when it is called again. Then:

  askdesk index switch     the new one answers from now on
  askdesk index rollback   the one before answers again
  askdesk index discard    removes the one that does not answer

With a file of judged questions it says what both find: where the right passage stands,
and for which questions another passage comes first.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but for some documents (they are listed)
or for the comparison.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if embedder == "" {
				return usageError{errors.New("--embedder names the embedder of the settings that the new index is made with")}
			}
			judged, err := loadQuestions(one(questions))
			if err != nil {
				return err
			}
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				r, err := s.reindex(ctx, bases[0], embedder)
				if err == nil && len(judged) > 0 {
					err = s.compare(ctx, &r, judged)
				}
				if err != nil {
					return err
				}
				return a.showReindexed(r, asJSON)
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	c.Flags().StringVar(&embedder, "embedder", "", "name of an embedder in the settings")
	c.Flags().StringVar(&questions, "questions", "", "file of judged questions (JSON lines) that both indexes are asked")
	c.Flags().BoolVar(&asJSON, "json", false, "print what was done as JSON")
	return c
}

// reindexed is the JSON form of what reindex did.
type reindexed struct {
	KB        string    `json:"kb"`
	Embedder  string    `json:"embedder"` // its name in the settings
	Model     string    `json:"model"`
	Newer     bool      `json:"newer"`     // than the index in use: to be switched to, else to be rolled back to
	Documents int       `json:"documents"` // that were written or removed now
	Chunks    int       `json:"chunks"`
	Behind    int       `json:"behind"`  // documents that changed meanwhile, without those that are lost
	Refused   []string  `json:"refused"` // ids of documents that the embedder refuses: they are found by words
	Lost      []string  `json:"lost"`    // ids of documents that are not whole in the index in use
	Compared  *compared `json:"compared,omitempty"`
	Unable    string    `json:"not_compared,omitempty"` // why there is no comparison although it was wanted
}

// compare adds what both indexes find. That it cannot be told undoes nothing: the new
// index is there.
func (s *service) compare(ctx context.Context, r *reindexed, questions []eval.Question) error {
	found, err := s.compareIndexes(ctx, r.KB, questions)
	switch {
	case err == nil:
		r.Compared = found
	case ctx.Err() != nil:
		return err
	default:
		r.Unable = describe(err)
	}
	return nil
}

// reindex makes the version beside, or goes on with it.
func (s *service) reindex(ctx context.Context, base, name string) (r reindexed, err error) {
	profile, one, err := s.embedders.named(name, s.cfg)
	if err != nil {
		return r, err
	}
	model, err := one.model(ctx)
	if err != nil {
		return r, err
	}
	if err := s.place(ctx, base, profile, model); err != nil {
		return r, err
	}
	r = reindexed{KB: base, Embedder: name, Model: model}
	err = s.withPair(ctx, base, "askdesk index reindex", func(p *pair) error {
		f, err := p.follower(ctx)
		if err != nil {
			return err
		}
		if err := p.caught(f.Catch(ctx)); err != nil {
			return err
		}
		r.take(f.Done())
		r.Newer = newer(p.current, p.beside)
		r.Behind, err = s.state.Behind(ctx, p.beside.ID)
		r.Behind -= len(r.Lost)
		return err
	})
	return r, err
}

func (r *reindexed) take(d follow.Done) {
	r.Documents, r.Chunks = d.Documents, d.Chunks
	r.Refused, r.Lost = append([]string{}, d.Refused...), append([]string{}, d.Lost...)
}

// place sees to it that a version of an embedder stands beside the one in use.
func (s *service) place(ctx context.Context, base, profile, model string) (err error) {
	unlock, err := s.lock(ctx, "askdesk index reindex")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	current, beside, err := s.versions(ctx, base)
	switch {
	case err != nil:
		return err
	case current.Profile == profile:
		return kb.Errorf(kb.Conflict, "The index of %q has the embedder %s already. Name another one of the settings.", base, profileName(current))
	case beside == nil:
		if err := s.withIndex(ctx, current, func(x index) error { return x.Keep(ctx, s.state.Live) }); err != nil {
			return err
		}
		_, err = s.state.Place(ctx, base, profile, model)
		return err
	case beside.Profile != profile:
		return kb.Errorf(kb.Conflict, "An index with the embedder %s stands beside the one of %q in use. Remove it first: askdesk index discard --kb %s", profileName(*beside), base, base)
	}
	return nil
}

func (a *app) showReindexed(r reindexed, asJSON bool) error {
	if asJSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else if err := a.describeReindexed(r); err != nil {
		return err
	}
	if len(r.Refused)+len(r.Lost) > 0 || r.Unable != "" {
		return errPartial
	}
	return nil
}

func (a *app) describeReindexed(r reindexed) error {
	a.printf("%s: %s and %s were brought into the index of the embedder %s (%s).\n", r.KB,
		plural(r.Documents, "document", "documents"), plural(r.Chunks, "chunk", "chunks"), r.Embedder, modelName(r.Model))
	way := "switch"
	if !r.Newer {
		way = "rollback"
	}
	if r.Behind > 0 {
		a.printf("%s behind; a %s brings them over.\n", plural(r.Behind, "document is", "documents are"), way)
	}
	for _, id := range r.Refused {
		a.printf("The embedder refuses the document %s: it is found by words alone.\n", id)
	}
	for _, id := range r.Lost {
		a.printf("The document %s is not whole in the index in use.\n", id)
	}
	if r.Compared != nil {
		if err := a.showCompared(*r.Compared); err != nil {
			return err
		}
	}
	if r.Unable != "" {
		what := "The new index is complete"
		if len(r.Lost)+r.Behind > 0 {
			what = "The new index is made"
		}
		a.notef("%s. It could not be compared: %s\n", what, r.Unable)
	}
	if len(r.Lost) > 0 {
		a.notef("Mend the index in use before a %s: askdesk index verify --repair --kb %s\n", way, r.KB)
		return nil
	}
	a.notef("Have it answer with: askdesk index %s --kb %s\n", way, r.KB)
	return nil
}

// modelName is what a person reads for the model of an embedder.
func modelName(model string) string {
	if model == "" {
		return "no vectors"
	}
	return model
}

func (a *app) indexSwitch() *cobra.Command {
	return a.exchangeCommand("switch", "Have the index that reindex made answer from now on", `Have the index that askdesk index reindex made answer from now on. What was written since
then is brought over first; nobody who asks is held up, and who writes only for a moment.
So is what a reindex that was cut off had not reached: how many documents that were is said,
for no comparison has seen them. The index before stays, so that askdesk index rollback goes
back to it.`, true)
}

func (a *app) indexRollback() *cobra.Command {
	return a.exchangeCommand("rollback", "Have the index before the last switch answer again", `Have the index that answered before askdesk index switch answer again. What was written
since then is brought over first, so that nothing is lost. The newer index stays, and
askdesk index switch goes there again.`, false)
}

func (a *app) exchangeCommand(name, short, long string, forward bool) *cobra.Command {
	var base string
	c := &cobra.Command{
		Use: name, Short: short, Long: long, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				return s.withPair(ctx, bases[0], "askdesk index "+name, func(p *pair) error {
					if err := p.direction(forward); err != nil {
						return err
					}
					lacks, all, err := p.lacks(ctx)
					if err != nil {
						return err
					}
					done, err := p.exchange(ctx)
					if err != nil {
						return err
					}
					a.printf("%s: the index of the embedder %s (%s) answers now; %s brought over before.\n", p.base,
						profileName(p.beside), modelName(p.beside.Embedder), plural(done.Documents, "document was", "documents were"))
					if forward && lacks > 0 {
						a.printf("It lacked %d of %d documents, since reindex was cut off or they are new: no comparison has seen them. Go back with: askdesk index rollback --kb %s\n", lacks, all, p.base)
					}
					return nil
				})
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	return c
}

// lacks is how many of all documents the version beside does not have yet.
func (p *pair) lacks(ctx context.Context) (n, all int, err error) {
	base, err := p.state.Base(ctx, p.base)
	if err != nil {
		return 0, 0, err
	}
	has, err := p.fresh.Count(ctx, p.base)
	return max(0, base.Documents-has), base.Documents, err
}

// direction refuses to go forward to what was there before, and back to what is new.
func (p *pair) direction(forward bool) error {
	switch is := newer(p.current, p.beside); {
	case forward && !is:
		return kb.Errorf(kb.Conflict, "The newest index of %q, with the embedder %s, answers already. Go back to the one before with: askdesk index rollback --kb %s", p.base, profileName(p.current), p.base)
	case !forward && is:
		return kb.Errorf(kb.Conflict, "The index of %q was not switched, so there is none to go back to. Go to the new one with: askdesk index switch --kb %s", p.base, p.base)
	}
	return nil
}

func (a *app) indexDiscard() *cobra.Command {
	var base string
	c := &cobra.Command{
		Use:   "discard",
		Short: "Remove the index of a knowledge base that does not answer",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withBases(c, one(base), func(ctx context.Context, s *service, bases []string) error {
				gone, err := s.discard(ctx, bases[0])
				if err == nil {
					a.printf("%s: the index of the embedder %s is removed.\n", bases[0], profileName(gone))
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&base, "kb", "", "knowledge base (default: the only one, or default)")
	return c
}

func (s *service) discard(ctx context.Context, base string) (gone state.IndexVersion, err error) {
	unlock, err := s.lock(ctx, "askdesk index discard")
	if err != nil {
		return gone, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	current, beside, err := s.versions(ctx, base)
	if err != nil {
		return gone, err
	}
	if beside != nil {
		gone = *beside
	}
	return gone, s.withIndex(ctx, current, func(x index) error {
		// The alias would go with the collection that it still names, where a switch was cut off.
		if err := publish(ctx, x, base); err != nil {
			return err
		}
		err := s.state.Discard(ctx, base)
		if err != nil && kb.CodeOf(err) != kb.NotFound {
			return err
		}
		// Where there is none, one that was cut off may have left its files.
		return errors.Join(err, x.Keep(ctx, s.state.Live))
	})
}
