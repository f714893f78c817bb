package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/ingest/follow"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

// pair are the index of a base that is in use and the one beside it, both open.
type pair struct {
	*service
	base            string
	current, beside state.IndexVersion
	old, fresh      index
	embedder        embedder // of the one beside
	holder          string   // of the write lock: what is done
	told            bool     // that somebody else has it
	shown           bool     // a line of progress that has not ended
}

// newer reports whether the version beside was made after the one in use: one goes to
// it by a switch, and else back to it by a rollback.
func newer(current, beside state.IndexVersion) bool { return beside.Created.After(current.Created) }

// profileName is what a person calls the embedder of a version.
func profileName(v state.IndexVersion) string { return cmp.Or(v.Profile, config.MainEmbedder) }

// withPair opens both, if the one beside has the vectors of its embedder of today.
func (s *service) withPair(ctx context.Context, base, holder string, do func(*pair) error) error {
	current, beside, err := s.versions(ctx, base)
	if err != nil {
		return err
	}
	if beside == nil {
		return kb.Errorf(kb.NotFound, "The knowledge base %q has one index only. Make another one with: askdesk index reindex --kb %s --embedder NAME", base, base)
	}
	p := &pair{service: s, base: base, current: current, beside: *beside, holder: holder}
	if p.embedder, err = s.embedders.profile(beside.Profile, base); err != nil {
		return kb.Wrap(kb.Conflict, err, "The index beside the one of %q in use has the embedder %s, which the settings lack: set embedders.%s again, or remove that index with: askdesk index discard --kb %s",
			base, beside.Profile, beside.Profile, base)
	}
	model, err := p.embedder.model(ctx)
	if err != nil {
		return err
	}
	if model != beside.Embedder {
		return kb.Errorf(kb.Conflict, "The index beside the one in use was made with %s, and the embedder %s is %s now. Set it back, or remove that index with: askdesk index discard --kb %s",
			cmp.Or(beside.Embedder, "no embedder"), profileName(*beside), cmp.Or(model, "none"), base)
	}
	return s.withIndex(ctx, current, func(old index) error {
		return s.withIndex(ctx, *beside, func(fresh index) error {
			p.old, p.fresh = old, fresh
			return do(p)
		})
	})
}

// lock takes the write lock while both versions are what they were.
func (p *pair) lock(ctx context.Context) (func() error, error) {
	unlock, err := p.state.Lock(ctx, p.holder, func(other string) {
		if !p.told {
			p.note("Waiting: %s is writing to this data folder.\n", other)
		}
		p.told = true
	})
	if err != nil {
		return nil, err
	}
	current, beside, err := p.versions(ctx, p.base)
	if err == nil && (current.ID != p.current.ID || beside == nil || beside.ID != p.beside.ID) {
		err = kb.Errorf(kb.Conflict, "The index of %q was switched or discarded meanwhile. Look with: askdesk index status", p.base)
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

// follower brings the version beside up to date, and says how far it is.
func (p *pair) follower(ctx context.Context) (*follow.Follower, error) {
	total, err := p.state.Behind(ctx, p.beside.ID)
	if err != nil {
		return nil, err
	}
	opt := follow.Options{
		Base: p.base, Version: p.beside.ID, From: p.old, To: p.fresh, Changes: p.state, Manifest: p.state, Lock: p.lock,
		Progress: func(d follow.Done) {
			p.note("\r%d of %d documents, %d chunks", d.Documents, max(total, d.Documents), d.Chunks)
			p.shown = true
		},
	}
	if p.embedder.Embedder != nil {
		opt.Embedder = p.embedder
	}
	return follow.New(opt), nil
}

// exchange has the version beside answer from now on. Readers are never stopped, and
// writers only while the last few documents are brought over.
func (p *pair) exchange(ctx context.Context) (done follow.Done, err error) {
	f, err := p.follower(ctx)
	if err != nil {
		return done, err
	}
	if err := p.caught(f.Catch(ctx)); err != nil {
		return f.Done(), err
	}
	left := p.left(ctx)
	unlock, err := p.lock(ctx)
	if err != nil {
		return f.Done(), err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := p.caught(f.Finish(ctx)); err != nil {
		return f.Done(), err
	}
	if err := p.audit(ctx, f); err != nil {
		return f.Done(), err
	}
	if err := p.state.Exchange(ctx, p.base, p.beside.ID, left); err != nil {
		return f.Done(), err
	}
	p.publish(ctx)
	return f.Done(), nil
}

// left is the model of the embedder that the version in use has in the settings, or
// the one that it was begun with where that cannot be told now.
func (p *pair) left(ctx context.Context) string {
	if one, err := p.embedders.profile(p.current.Profile, p.base); err == nil {
		if model, err := one.model(ctx); err == nil {
			return model
		}
	}
	return p.current.Embedder
}

// caught ends the line of progress.
func (p *pair) caught(err error) error {
	if p.shown {
		p.note("\n")
	}
	p.shown = false
	return err
}

// audit proves that the version beside has what the manifest has. What it should not
// have is removed, and brought over again where it should be there otherwise. The
// caller holds the lock.
func (p *pair) audit(ctx context.Context, f *follow.Follower) error {
	if lost := len(f.Done().Lost); lost > 0 {
		return kb.Errorf(kb.Conflict, "%s not whole in the index of %q in use, so it was not switched. Mend it first: askdesk index verify --repair --kb %s",
			plural(lost, "document is", "documents are"), p.base, p.base)
	}
	for try := 0; ; try++ {
		base, err := p.state.Base(ctx, p.base)
		if err != nil {
			return err
		}
		n, err := p.fresh.Count(ctx, p.base)
		if err != nil {
			return err
		}
		if whole, err := p.whole(ctx); err != nil || whole && n == base.Documents {
			return err
		}
		if try > 0 {
			return kb.Errorf(kb.Unavailable, "The index beside the one in use holds %d of %d documents of %q, so it was not switched. Make it anew: askdesk index discard --kb %s, and then askdesk index reindex",
				n, base.Documents, p.base, p.base)
		}
		report, err := audit.Verify(ctx, p.base, p.state, p.fresh, true)
		if err != nil {
			return err
		}
		var ids []string
		for _, fault := range report.Faults {
			ids = append(ids, fault.Document.ID)
		}
		if err := errors.Join(p.state.Unsettle(ctx, p.beside.ID, ids), p.caught(f.Finish(ctx))); err != nil {
			return err
		}
	}
}

// whole reports whether the version beside has all that it counts, where it is kept
// elsewhere.
func (p *pair) whole(ctx context.Context) (bool, error) {
	whole, missing, err := whole(ctx, p.fresh, p.base)
	if missing {
		err = kb.Errorf(kb.Unavailable, "The collection of the index beside the one of %q in use is not in Qdrant, so it was not switched. Check index.qdrant.address first. If it is right, make the index anew: askdesk index discard --kb %s, and then askdesk index reindex",
			p.base, p.base)
	}
	return whole, err
}

// whole reports whether an index has all that it counts, where it is kept elsewhere, or
// whether the whole of it is missing there.
func whole(ctx context.Context, x index, base string) (whole, missing bool, err error) {
	at, elsewhere := x.(interface {
		Whole(ctx context.Context, base string) (bool, error)
	})
	if !elsewhere {
		return true, false, nil
	}
	whole, err = at.Whole(ctx, base)
	if kb.CodeOf(err) == kb.NotFound {
		return false, true, nil
	}
	return whole, false, err
}

// publish tells others who read the index which one answers. Where that fails, the
// next writer does it.
func (p *pair) publish(ctx context.Context) {
	v := p.beside
	v.Role = state.Current
	err := p.withIndex(ctx, v, func(x index) error { return publish(ctx, x, p.base) })
	if err != nil {
		p.note("The alias in Qdrant still points to the index before; the next write moves it. %s\n", describe(err))
	}
}

// publish has the name by which others find an index lead to this one, where it has one.
func publish(ctx context.Context, x index, base string) error {
	if x, ok := x.(interface {
		Publish(ctx context.Context, base string) error
	}); ok {
		return x.Publish(ctx, base)
	}
	return nil
}
