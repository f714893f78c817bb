package uploads

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// Documents are read together, for one change of the index takes hardly longer than
// another. They are few and small: none is ready before the slowest of them.
const (
	batchDocuments = 16
	batchBytes     = 256 << 10 // a larger file is read alone
)

// batch are uploads of one knowledge base under way.
type batch struct {
	ids   []string // that are to be read again if this fails
	list  []*upload
	bytes int
}

// upload is one of them.
type upload struct {
	ticket ticket
	data   []byte
	known  kb.DocumentInfo
}

func (b *batch) base() string { return b.list[0].ticket.Document.KB }

// fits reports whether a batch has room for another one.
func (b *batch) fits(one *upload) bool {
	return len(b.list) == 0 || b.base() == one.ticket.Document.KB && b.bytes+len(one.data) <= batchBytes
}

// process reads queued documents, at most so many. What is wrong with one is in the
// manifest; an error means that those of the batch should be tried again.
func (u *Uploads) process(ctx context.Context, b *batch, most int) error {
	if err := u.gather(ctx, b, most); err != nil || len(b.list) == 0 {
		return err
	}
	items := make([]ingest.Item, len(b.list))
	for i, one := range b.list {
		doc := one.ticket.Document
		items[i] = ingest.Item{Source: doc.Source, Path: doc.Path, Data: one.data, Meta: metaOf(doc), Known: one.known}
	}
	infos, err := u.opt.Pipeline.Put(ctx, b.base(), items)
	if err != nil {
		return err
	}
	return u.finish(ctx, b, infos)
}

// gather takes documents from the queue and marks them as being read.
func (u *Uploads) gather(ctx context.Context, b *batch, most int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var reading []kb.DocumentInfo
	for len(u.queue) > 0 && len(b.list) < most {
		id := u.queue[0]
		one, err := u.begin(ctx, id)
		if err == nil && one != nil && !b.fits(one) {
			break // it is the first of the next
		}
		u.queue = u.queue[1:]
		delete(u.waiting, id)
		if err != nil {
			b.ids = append(b.ids, id)
			return err
		}
		if one != nil {
			b.ids, b.list, b.bytes = append(b.ids, id), append(b.list, one), b.bytes+len(one.data)
			reading = append(reading, one.known)
		}
	}
	if len(reading) == 0 {
		return nil
	}
	return u.opt.Records.Mark(ctx, b.base(), reading)
}

// begin loads a document's ticket and content; nil if there is nothing to do any more.
// The caller holds mu.
func (u *Uploads) begin(ctx context.Context, id string) (*upload, error) {
	t, ok, err := u.dir.load(id)
	if err != nil || !ok {
		return nil, err
	}
	known, ok, err := u.record(ctx, t)
	if err != nil || !ok {
		return nil, err
	}
	data, err := os.ReadFile(u.dir.path(t.File))
	if errors.Is(err, fs.ErrNotExist) {
		known.Status, known.Reason = kb.Failed, "The uploaded file is lost. Upload it again."
		return nil, u.opt.Records.Mark(ctx, known.KB, []kb.DocumentInfo{known})
	}
	if err != nil {
		return nil, err
	}
	known.Status, known.Reason = kb.Reading, ""
	return &upload{ticket: t, data: data, known: known}, nil
}

// finish says in the manifest and in the tickets what became of a batch.
func (u *Uploads) finish(ctx context.Context, b *batch, infos []kb.DocumentInfo) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var marks []kb.DocumentInfo
	var done []ticket
	for i, one := range b.list {
		now, ok, err := u.dir.load(infos[i].ID)
		switch {
		case err != nil:
			return err
		case !ok:
			continue
		case now.File == one.ticket.File:
			one.ticket.Made = u.opt.Pipeline.Making()
			done = append(done, one.ticket)
		default: // it was replaced, and is in the queue again
			infos[i].Status, infos[i].Reason = kb.Queued, ""
		}
		marks = append(marks, infos[i])
	}
	if err := u.opt.Records.Mark(ctx, b.base(), marks); err != nil {
		return err
	}
	for _, t := range done {
		if err := u.dir.save(t); err != nil {
			return err
		}
	}
	for _, info := range marks {
		if info.Status != kb.Queued {
			u.opt.Read(info.Status)
		}
	}
	return nil
}
