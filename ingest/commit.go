package ingest

import (
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

// commitAll commits outcomes until there are no more.
func (r *run) commitAll(ctx context.Context, outcomes <-chan outcome) error {
	age := time.NewTicker(batchAge)
	defer age.Stop()
	for {
		select {
		case o, more := <-outcomes:
			if !more {
				return r.flush(ctx)
			}
			if r.req.DryRun || o.info.ID == "" {
				r.settle(o.file)
				continue
			}
			if o.file.Status == Skipped {
				if err := r.opt.Manifest.Remove(ctx, r.req.KB, []string{o.info.ID}); err != nil {
					return err
				}
				r.settle(o.file)
				continue
			}
			r.batch.outcomes = append(r.batch.outcomes, o)
			r.batch.chunks += len(o.entry.Chunks)
			if len(r.batch.outcomes) < batchDocuments && r.batch.chunks < batchChunks {
				continue
			}
		case <-age.C: // a file that takes long does not hold up those before it
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
}

// flush makes the batch durable: the index first, then the manifest.
func (r *run) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(r.batch.outcomes) == 0 {
		return err
	}
	outcomes := r.batch.outcomes
	r.batch = batch{}
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
		if err := r.opt.Manifest.Mark(ctx, r.req.KB, infos); err != nil {
			return err
		}
	}
	for _, o := range outcomes {
		r.settle(o.file)
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
