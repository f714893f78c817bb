// Package uploads takes single documents into a knowledge base in the
// background. What was accepted survives a restart.
package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// Root is what holds the names of the sources of uploaded files, in the place of
// a folder.
const Root = "uploaded files"

// Records is the manifest with its lookup of one document.
type Records interface {
	ingest.Manifest
	// Document returns one; an unknown id is a kb.NotFound.
	Document(ctx context.Context, id string) (kb.DocumentInfo, error)
}

// Options of Uploads. Those up to Lock are required.
type Options struct {
	Dir      string // keeps the uploaded files; it is made if missing
	Pipeline *ingest.Pipeline
	Index    ingest.Index
	Records  Records
	Sources  ingest.Sources
	// Lock takes the write lock of the data folder, waiting while ctx lasts.
	Lock func(ctx context.Context) (unlock func() error, err error)

	// Read is told of each document that became ready or failed; it may be nil.
	Read func(kb.Status)

	MaxBytes int64         // of a file; 100 MiB
	Retry    time.Duration // between attempts while something is away; 15 s
	Patience time.Duration // of removals with who holds the write lock; 10 s
	Log      *slog.Logger
	Now      func() time.Time // time.Now if nil
}

// Uploads is the queue of uploaded files and the one worker that reads them. It
// is safe for concurrent use.
type Uploads struct {
	opt  Options
	dir  folder
	turn *turn

	mu       sync.Mutex // guards tickets, the queue and removals
	queue    []string   // ids of documents
	waiting  map[string]bool
	wake     chan struct{}
	removals []*removal // that somebody waits for

	closing context.CancelFunc // no new work
	abandon context.CancelFunc // of the work under way
	done    chan struct{}
}

// Open starts the worker, and queues what an earlier process left undone or
// what is read differently now.
func Open(ctx context.Context, opt Options) (*Uploads, error) {
	opt = opt.withDefaults()
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	u := &Uploads{opt: opt, dir: folder(opt.Dir), turn: newTurn(opt.Lock, opt.Now), waiting: map[string]bool{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if err := u.resume(ctx); err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	var accepting, working context.Context
	working, u.abandon = context.WithCancel(context.WithoutCancel(ctx))
	accepting, u.closing = context.WithCancel(working)
	go u.work(accepting, working)
	return u, nil
}

func (opt Options) withDefaults() Options {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = 100 << 20
	}
	if opt.Retry <= 0 {
		opt.Retry = 15 * time.Second
	}
	if opt.Patience <= 0 {
		opt.Patience = 10 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Read == nil {
		opt.Read = func(kb.Status) {}
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return opt
}

// Submit takes the file of a document into the queue and returns the document's
// state. Of doc, KB, Source and Path must be set; metadata that is set counts
// where the file does not say otherwise. It replaces a document of the same
// place. A source that a folder holds is a kb.Conflict. What was accepted is read
// also if the caller leaves.
func (u *Uploads) Submit(ctx context.Context, doc kb.Document, data io.Reader) (kb.DocumentInfo, error) {
	doc.ID, doc.Text = kb.DocumentID(doc.KB, doc.Source, doc.Path), ""
	if err := u.opt.Sources.Claim(ctx, doc.KB, doc.Source, Root); err != nil {
		if kb.CodeOf(err) == kb.Conflict { // which names the folder, no business of who uploads
			err = kb.Wrap(kb.Conflict, err, "The source %q of the knowledge base %q is a folder that is ingested. Upload to another source.", doc.Source, doc.KB)
		}
		return kb.DocumentInfo{}, err
	}
	name, size, err := u.dir.keep(doc.ID, data, u.opt.MaxBytes)
	if err != nil {
		return kb.DocumentInfo{}, fmt.Errorf("keep upload: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	info, err := u.opt.Records.Document(ctx, doc.ID)
	if err != nil && kb.CodeOf(err) != kb.NotFound {
		return kb.DocumentInfo{}, errors.Join(err, u.dir.remove(name))
	}
	if info.Chunks == 0 {
		info = fresh(doc)
	}
	info.Status, info.Reason, info.Bytes = kb.Queued, "", size
	if err := u.dir.save(ticket{Document: doc, File: name}); err != nil {
		return kb.DocumentInfo{}, errors.Join(fmt.Errorf("queue upload: %w", err), u.dir.remove(name))
	}
	if err := u.dir.sweep(doc.ID, name); err != nil {
		u.opt.Log.Warn("remove the upload before", "document", doc.ID, "error", err)
	}
	// From here on a restart would read it, so this process does too.
	if err := u.opt.Records.Mark(context.WithoutCancel(ctx), doc.KB, []kb.DocumentInfo{info}); err != nil {
		u.opt.Log.Error("mark an upload as queued", "document", doc.ID, "error", err)
	}
	u.push(doc.ID)
	return info, nil
}

// fresh is what the manifest says of a document that was never read.
func fresh(doc kb.Document) kb.DocumentInfo {
	if doc.Title == "" {
		doc.Title = path.Base(doc.Path)
	}
	if doc.Audience == "" {
		doc.Audience = kb.Agent
	}
	return kb.DocumentInfo{Document: doc}
}

// RemoveBase deletes the uploaded files of a knowledge base, and then does
// forget, which deletes the base itself, while nobody else writes. It waits as
// Remove does.
func (u *Uploads) RemoveBase(ctx context.Context, base string, forget func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, u.opt.Patience)
	defer cancel()
	return u.turn.take(waiting, func() error {
		u.mu.Lock()
		defer u.mu.Unlock()
		// The tickets first: with them, a base of the same name would get the
		// documents back.
		if err := u.dropBase(base); err != nil {
			return fmt.Errorf("remove uploads: %w", err)
		}
		return forget(ctx)
	})
}

// dropBase removes what was uploaded to a base. The caller holds mu.
func (u *Uploads) dropBase(base string) error {
	ids, err := u.dir.list()
	for _, id := range ids {
		t, ok, loadErr := u.dir.load(id)
		if loadErr != nil || !ok {
			u.opt.Log.Error("an upload cannot be told from others", "document", id, "error", loadErr)
			continue
		}
		if t.Document.KB != base {
			continue
		}
		err = errors.Join(err, u.dir.drop(id))
		delete(u.waiting, id)
		u.queue = slices.DeleteFunc(u.queue, func(queued string) bool { return queued == id })
	}
	return err
}

// Close stops the worker after the document it is at. When ctx ends before that,
// the document is given up and read again by the next process.
func (u *Uploads) Close(ctx context.Context) error {
	u.closing()
	select {
	case <-u.done:
		u.abandon()
		return nil
	case <-ctx.Done():
	}
	u.abandon()
	<-u.done
	return nil
}
