package ingest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/askdesk/askdesk/ingest/source"
	"github.com/askdesk/askdesk/kb"
)

// A batch is committed when it is this large or this old.
const (
	batchDocuments = 64
	batchChunks    = 2000
	batchAge       = 2 * time.Second
)

// batch is what waits to be committed.
type batch struct {
	outcomes []outcome
	chunks   int
}

// committing is a batch on its way into the index and the manifest.
type committing struct {
	outcomes []outcome
	done     chan error // nil if there is none
}

// commitAll commits outcomes until there are no more. While one batch is committed
// the next is gathered, so that files are read meanwhile.
func (r *run) commitAll(ctx context.Context, outcomes <-chan outcome) (err error) {
	age := time.NewTicker(batchAge)
	defer age.Stop()
	defer func() { err = cmp.Or(err, r.await()) }()
	for {
		select {
		case o, more := <-outcomes:
			if !more {
				return r.flush(ctx)
			}
			if full, err := r.gather(ctx, o); err != nil {
				return err
			} else if !full {
				continue
			}
		case err := <-r.committing.done:
			if err := r.committed(err); err != nil {
				return err
			}
			continue
		case <-age.C: // a file that takes long does not hold up those before it
			if r.committing.done != nil {
				continue
			}
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
}

// gather adds an outcome to the batch, or settles it at once where the index has no
// part in it.
func (r *run) gather(ctx context.Context, o outcome) (full bool, err error) {
	if r.req.DryRun || o.info.ID == "" {
		r.settle(o.file)
		return false, nil
	}
	if o.file.Status == Skipped {
		if err := r.opt.Manifest.Remove(ctx, r.req.KB, []string{o.info.ID}); err != nil {
			return false, err
		}
		r.settle(o.file)
		return false, nil
	}
	r.batch.outcomes = append(r.batch.outcomes, o)
	r.batch.chunks += len(o.entry.Chunks)
	return len(r.batch.outcomes) >= batchDocuments || r.batch.chunks >= batchChunks, nil
}

// flush begins to commit the batch, once the one before is.
func (r *run) flush(ctx context.Context) error {
	if err := r.await(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil || len(r.batch.outcomes) == 0 {
		return err
	}
	c := committing{outcomes: r.batch.outcomes, done: make(chan error, 1)}
	r.batch, r.committing = batch{}, c
	go func() { c.done <- r.commit(ctx, c.outcomes) }()
	return nil
}

// await waits for the batch that is being committed.
func (r *run) await() error {
	if r.committing.done == nil {
		return nil
	}
	return r.committed(<-r.committing.done)
}

// committed settles the files of the batch that was committed, if it was.
func (r *run) committed(err error) error {
	outcomes := r.committing.outcomes
	r.committing = committing{}
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		r.settle(o.file)
	}
	return nil
}

// commit embeds a batch and makes it durable: the index first, then the manifest. It
// changes the outcomes of what the embedder refuses.
func (r *run) commit(ctx context.Context, outcomes []outcome) error {
	if err := r.embedAll(ctx, outcomes); err != nil {
		return err
	}
	var entries []kb.Entry
	var infos []kb.DocumentInfo
	for _, o := range outcomes {
		if o.file.Status != Failed {
			entries = append(entries, o.entry)
		}
		if o.info.ID != "" {
			infos = append(infos, o.info)
		}
	}
	if len(entries) > 0 {
		if err := r.opt.Index.Replace(ctx, r.req.KB, entries); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	if len(infos) > 0 {
		return r.opt.Manifest.Mark(ctx, r.req.KB, infos)
	}
	return nil
}

// embedAll gives the entries' chunks vectors. If the embedder refuses the batch,
// each document is tried alone, and those at fault fail.
func (r *run) embedAll(ctx context.Context, outcomes []outcome) error {
	entries := make([]*kb.Entry, 0, len(outcomes))
	for i := range outcomes {
		if outcomes[i].file.Status != Failed {
			entries = append(entries, &outcomes[i].entry)
		}
	}
	err := Embed(ctx, r.opt.Index, r.embedder, r.req.KB, entries...)
	if !Refused(err) {
		return err
	}
	for i := range outcomes {
		o := &outcomes[i]
		if o.file.Status == Failed {
			continue
		}
		if err := Embed(ctx, r.opt.Index, r.embedder, r.req.KB, &o.entry); Refused(err) {
			ms := o.file.MS
			*o = r.fail(source.File{Path: o.file.Path, Size: o.info.Bytes}, err)
			o.file.MS = ms
		} else if err != nil {
			return err
		}
	}
	return nil
}
