package uploads

import (
	"context"
	"errors"
	"time"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

// leftover is how old a file without a ticket is when nobody writes it any more.
const leftover = time.Hour

// resume queues every ticket whose document is not read yet, and removes what
// belongs to none.
func (u *Uploads) resume(ctx context.Context) error {
	ids, err := u.dir.list()
	if err != nil {
		return err
	}
	for _, id := range ids {
		t, ok, err := u.dir.load(id)
		if err != nil || !ok {
			u.opt.Log.Error("an upload cannot be taken up again", "document", id, "error", err)
			continue
		}
		if err := u.takeUp(ctx, t); err != nil {
			return err
		}
	}
	return u.dir.tidy(u.opt.Now().Add(-leftover))
}

// renew queues what was read by other means than today's.
func (u *Uploads) renew(ctx context.Context) error {
	ids, err := u.dir.list()
	for _, id := range ids {
		changed, failed := u.changed(ctx, id)
		err = errors.Join(err, failed)
		if changed {
			u.mu.Lock()
			u.push(id)
			u.mu.Unlock()
		}
	}
	return err
}

// changed reports whether an upload that was read would be read otherwise now.
func (u *Uploads) changed(ctx context.Context, id string) (bool, error) {
	u.mu.Lock()
	t, ok, err := u.dir.load(id)
	u.mu.Unlock()
	if err != nil || !ok || t.Made == "" {
		return false, err
	}
	if t.Made != u.opt.Pipeline.Making() {
		return true, nil
	}
	info, err := u.opt.Records.Document(ctx, id)
	if kb.CodeOf(err) == kb.NotFound { // removed meanwhile
		return false, nil
	}
	if err != nil {
		return false, err
	}
	same, err := u.opt.Pipeline.Embedded(ctx, info)
	return err == nil && !same, err
}

func (u *Uploads) takeUp(ctx context.Context, t ticket) error {
	info, ok, err := u.record(ctx, t)
	if err != nil || !ok {
		return err
	}
	if done := info.Status == kb.Ready || info.Status == kb.Failed; !done || t.Made == "" {
		u.push(t.Document.ID)
		return nil
	}
	held, err := u.opt.Index.Holds(ctx, t.Document.KB, []string{t.Document.ID})
	if err != nil { // a damaged index is no reason not to serve the others
		u.opt.Log.Error("look for an upload in the index", "document", t.Document.ID, "error", err)
		return nil
	}
	if info.Chunks > 0 && !held[t.Document.ID] {
		u.push(t.Document.ID)
	}
	return nil
}

// record is what the manifest has of a ticket's document; it is put there if a
// process ended before that. A ticket whose base is gone goes too, and ok is
// false.
func (u *Uploads) record(ctx context.Context, t ticket) (info kb.DocumentInfo, ok bool, err error) {
	doc := t.Document
	info, err = u.opt.Records.Document(ctx, doc.ID)
	if kb.CodeOf(err) != kb.NotFound {
		return info, err == nil, err
	}
	roots, err := u.opt.Sources.Roots(ctx, doc.KB)
	if err != nil {
		return info, false, err
	}
	if roots[doc.Source] != Root {
		return info, false, u.dir.drop(doc.ID)
	}
	info = fresh(doc)
	info.Status = kb.Queued
	return info, true, u.opt.Records.Mark(ctx, doc.KB, []kb.DocumentInfo{info})
}

// push queues a document. The caller holds mu, or nobody else is there yet.
func (u *Uploads) push(id string) {
	if !u.waiting[id] {
		u.waiting[id] = true
		u.queue = append(u.queue, id)
	}
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

func (u *Uploads) idle() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.queue) == 0
}

// work reads queued documents until accepting ends; working is the context of
// those under way.
func (u *Uploads) work(accepting, working context.Context) {
	defer close(u.done)
	if err := u.renew(accepting); err != nil && accepting.Err() == nil {
		u.opt.Log.Warn("whether uploads are to be read anew is looked at when Askdesk starts next", "error", err)
	}
	alone := 0 // how many are read one by one, for one of those that failed together may be why
	for accepting.Err() == nil {
		if u.idle() {
			select {
			case <-u.wake:
			case <-accepting.Done():
			}
			continue
		}
		var b batch
		err := u.turn.take(accepting, func() error {
			most := batchDocuments
			if alone > 0 {
				most, alone = 1, alone-1
			}
			return u.process(working, &b, most)
		})
		if err == nil {
			continue
		}
		if len(b.ids) > 1 {
			alone = len(b.ids)
		}
		if accepting.Err() == nil {
			u.opt.Log.Warn("uploads wait", "documents", b.ids, "error", err)
			u.delay(accepting, b.ids, err)
		}
		select {
		case <-time.After(u.opt.Retry):
		case <-accepting.Done():
		}
	}
}

// delay puts documents back into the queue and says in the manifest why.
func (u *Uploads) delay(ctx context.Context, ids []string, why error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range ids {
		u.push(id)
		info, err := u.opt.Records.Document(ctx, id)
		if err == nil {
			info.Status, info.Reason = kb.Queued, "It waits and is tried again: "+kb.MessageOf(why)
			err = u.opt.Records.Mark(ctx, info.KB, []kb.DocumentInfo{info})
		}
		if err != nil {
			u.opt.Log.Warn("say that an upload waits", "document", id, "error", err)
		}
	}
}

func metaOf(d kb.Document) extract.Meta {
	return extract.Meta{
		Title: d.Title, URL: d.URL, Updated: d.Updated, Audience: d.Audience, Product: d.Product, Version: d.Version,
		Tags: d.Tags, Language: d.Language, ValidFrom: d.ValidFrom, ValidUntil: d.ValidUntil,
	}
}
