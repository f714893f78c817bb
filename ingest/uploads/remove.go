package uploads

import (
	"context"
	"fmt"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

// removal is a document that somebody waits to have deleted.
type removal struct {
	base, id string
	settle   func() // ends the waiting
	settled  bool
	err      error
}

// Remove deletes a document of any source from the index and the manifest, and
// its uploaded file. It waits a while for who holds the write lock, and is
// kb.Unavailable after that. Whoever of those that wait gets the lock first deletes the
// documents of all of them.
func (u *Uploads) Remove(ctx context.Context, base, id string) error {
	ctx, cancel := context.WithTimeout(ctx, u.opt.Patience)
	defer cancel()
	r := &removal{base: base, id: id, settle: cancel}
	u.mu.Lock()
	u.removals = append(u.removals, r)
	u.mu.Unlock()
	err := u.turn.take(ctx, func() error {
		u.removeAll(ctx)
		return nil
	})
	u.mu.Lock()
	defer u.mu.Unlock()
	if r.settled {
		return r.err
	}
	u.removals = slices.DeleteFunc(u.removals, func(one *removal) bool { return one == r })
	return err
}

// removeAll deletes what is to be deleted, whether who asked for this leaves or not.
func (u *Uploads) removeAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), u.opt.Patience)
	defer cancel()
	u.mu.Lock()
	defer u.mu.Unlock()
	byBase := map[string][]string{}
	for _, r := range u.removals {
		if r.err = u.drop(ctx, r); r.err == nil {
			byBase[r.base] = append(byBase[r.base], r.id)
		}
	}
	failed := map[string]error{}
	for base, ids := range byBase {
		failed[base] = u.forget(ctx, base, ids)
	}
	for _, r := range u.removals {
		if r.err == nil {
			r.err = failed[r.base]
		}
		r.settled = true
		r.settle()
	}
	u.removals = nil
}

// drop removes an upload. The ticket goes before all else: with it, a restart would
// bring the document back. The caller holds mu.
func (u *Uploads) drop(ctx context.Context, r *removal) error {
	doc, err := u.opt.Records.Document(ctx, r.id)
	if err != nil {
		return err
	}
	if doc.KB != r.base {
		return kb.Errorf(kb.NotFound, "There is no document %q in the knowledge base %q. List its documents to see those that exist.", r.id, r.base)
	}
	if err := u.dir.drop(r.id); err != nil {
		return fmt.Errorf("remove upload: %w", err)
	}
	return nil
}

// forget removes documents from the index and the manifest.
func (u *Uploads) forget(ctx context.Context, base string, ids []string) error {
	if err := u.opt.Index.Delete(ctx, base, ids); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return u.opt.Records.Remove(ctx, base, ids)
}
