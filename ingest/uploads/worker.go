package uploads

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/askdesk/askdesk/ingest"
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

func (u *Uploads) pop() (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.queue) == 0 {
		return "", false
	}
	id := u.queue[0]
	u.queue = u.queue[1:]
	delete(u.waiting, id)
	return id, true
}

// work reads queued documents until accepting ends; working is the context of
// the one under way.
func (u *Uploads) work(accepting, working context.Context) {
	defer close(u.done)
	if err := u.renew(accepting); err != nil && accepting.Err() == nil {
		u.opt.Log.Warn("whether uploads are to be read anew is looked at when Askdesk starts next", "error", err)
	}
	for accepting.Err() == nil {
		id, ok := u.pop()
		if !ok {
			select {
			case <-u.wake:
			case <-accepting.Done():
			}
			continue
		}
		err := u.turn.take(accepting, func() (err error) {
			id, err = u.several(accepting, working, id)
			return err
		})
		if err == nil {
			continue
		}
		if accepting.Err() == nil {
			u.opt.Log.Warn("an upload waits", "document", id, "error", err)
			u.delay(accepting, id, err)
		}
		select {
		case <-time.After(u.opt.Retry):
		case <-accepting.Done():
		}
	}
}

// delay puts a document back into the queue and says in the manifest why.
func (u *Uploads) delay(ctx context.Context, id string, why error) {
	u.mu.Lock()
	defer u.mu.Unlock()
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

// several reads a document, and those queued behind it while it may. It stops at one
// that should be tried again, and says which.
func (u *Uploads) several(accepting, working context.Context, id string) (string, error) {
	for {
		if err := u.process(working, id); err != nil || accepting.Err() != nil || !u.turn.more() {
			return id, err
		}
		next, ok := u.pop()
		if !ok {
			return id, nil
		}
		id = next
	}
}

// process reads one document. What is wrong with it is in the manifest; an error
// means that it should be tried again.
func (u *Uploads) process(ctx context.Context, id string) error {
	t, data, known, err := u.begin(ctx, id)
	if err != nil || t.File == "" {
		return err
	}
	doc := t.Document
	info, err := u.opt.Pipeline.Put(ctx, ingest.Item{KB: doc.KB, Source: doc.Source, Path: doc.Path, Data: data, Meta: metaOf(doc)}, known)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	now, ok, err := u.dir.load(id)
	if err != nil || !ok {
		return err
	}
	replaced := now.File != t.File // it is in the queue again
	if replaced {
		info.Status, info.Reason = kb.Queued, ""
	}
	if err := u.opt.Records.Mark(ctx, doc.KB, []kb.DocumentInfo{info}); err != nil || replaced {
		return err
	}
	t.Made = u.opt.Pipeline.Making()
	if err := u.dir.save(t); err != nil {
		return err
	}
	u.opt.Read(info.Status)
	return nil
}

// begin loads a document's ticket and content and marks it as being read. The
// ticket is empty if there is nothing to do any more.
func (u *Uploads) begin(ctx context.Context, id string) (t ticket, data []byte, known kb.DocumentInfo, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t, ok, err := u.dir.load(id)
	if err != nil || !ok {
		return ticket{}, nil, known, err
	}
	known, ok, err = u.record(ctx, t)
	if err != nil || !ok {
		return ticket{}, nil, known, err
	}
	data, err = os.ReadFile(u.dir.path(t.File))
	if errors.Is(err, fs.ErrNotExist) {
		known.Status, known.Reason = kb.Failed, "The uploaded file is lost. Upload it again."
		return ticket{}, nil, known, u.opt.Records.Mark(ctx, known.KB, []kb.DocumentInfo{known})
	}
	if err != nil {
		return ticket{}, nil, known, err
	}
	known.Status, known.Reason = kb.Reading, ""
	return t, data, known, u.opt.Records.Mark(ctx, known.KB, []kb.DocumentInfo{known})
}

func metaOf(d kb.Document) extract.Meta {
	return extract.Meta{
		Title: d.Title, URL: d.URL, Updated: d.Updated, Audience: d.Audience, Product: d.Product, Version: d.Version,
		Tags: d.Tags, Language: d.Language, ValidFrom: d.ValidFrom, ValidUntil: d.ValidUntil,
	}
}
