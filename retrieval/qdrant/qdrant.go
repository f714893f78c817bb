// Package qdrant is an index on a Qdrant server: the same candidates as the
// embedded index, for teams that outgrow one machine or run Qdrant already.
//
// A collection holds the chunks of one version of a knowledge base, with a dense
// vector and a sparse one of its terms. The sparse values are those of a chunk of
// usual length, and the sums over the forms of a word are not BM25: the server only
// proposes candidates by them, more than are wanted, and what is returned is scored
// here as the embedded index scores it, by statistics that are exact at any moment.
// Qdrant's own count deleted points, and whole collections whoever may see them.
//
// What counts is in a ledger beside the data of Askdesk, see package ledger.
package qdrant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/recent"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Options of an Index. Dir, Version and the address of Points must be set.
type Options struct {
	Dir string // holds a folder for each knowledge base, with the ledgers of its versions
	// Version returns the current index version of a knowledge base, kb.NotFound
	// for an unknown one.
	Version   func(ctx context.Context, base string) (string, error)
	Points    points.Options
	Prefix    string // of the names of collections; "" means askdesk
	Quantized bool   // vectors are searched by int8 codes and rescored
	Replicas  int    // copies of a new collection, each on a node of its own; 0 means 1
	Exact     bool   // a question is compared with every vector: slower, and misses nothing
	Beside    bool   // its versions stand beside those that answer: they get no alias
	Log       *slog.Logger
}

// Index implements ingest.Index and retrieval.Index. It is safe for concurrent use.
type Index struct {
	opt    Options
	server *points.Client

	analyzers terms.Analyzers

	mu     sync.Mutex
	bases  map[string]*base
	closed bool
}

// base is one version of a knowledge base.
type base struct {
	name, version string
	path          string // of its ledger
	prefix        string // of collections, by the settings
	rows          *recent.Cache[rowID, *row]

	use    sync.RWMutex // held for reading while in use, for writing to close
	closed bool

	opening sync.Mutex
	ledger  *ledger.File // nil until it is opened

	writing sync.Mutex // held by who changes points; guards what follows
	tidy    bool       // there are no other generations
}

// Open makes an Index. It contacts nobody: see Check.
func Open(_ context.Context, opt Options) (*Index, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Prefix == "" {
		opt.Prefix = "askdesk"
	}
	if kb.CheckBaseName(opt.Prefix) != nil {
		return nil, kb.Errorf(kb.Invalid, "%q cannot begin the names of collections: use 1 to 63 lower-case letters, digits, - and _", opt.Prefix)
	}
	if opt.Points.Log == nil {
		opt.Points.Log = opt.Log
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, kb.Wrap(kb.Unavailable, err, "The index folder cannot be made. Check that the data folder belongs to you, or choose another one with --data.")
	}
	server, err := points.Open(opt.Points)
	if err != nil {
		return nil, err
	}
	return &Index{opt: opt, server: server, bases: map[string]*base{}}, nil
}

// Check proves that Qdrant is there, and that it takes the key; it returns its
// version.
func (x *Index) Check(ctx context.Context) (version string, err error) {
	server, err := x.server.Check(ctx)
	return server.Version, err
}

// Close ends all use of the index.
func (x *Index) Close() error {
	x.mu.Lock()
	bases := x.bases
	x.bases, x.closed = nil, true
	x.mu.Unlock()
	var err error
	for _, b := range bases {
		err = errors.Join(err, b.close())
	}
	return errors.Join(err, x.server.Close())
}

func (b *base) close() error {
	b.use.Lock()
	defer b.use.Unlock()
	b.closed = true
	if b.ledger == nil {
		return nil
	}
	file := b.ledger
	b.ledger = nil
	return file.Close()
}

// Load makes a knowledge base ready to be searched.
func (x *Index) Load(ctx context.Context, base string) error {
	_, release, err := x.open(ctx, base)
	if err != nil {
		return err
	}
	release()
	return nil
}

// open returns the current version of a base, its ledger open, and what to call when
// done with it.
func (x *Index) open(ctx context.Context, name string) (*base, func(), error) {
	if err := kb.CheckBaseName(name); err != nil {
		return nil, nil, err
	}
	for {
		b, err := x.current(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		b.use.RLock()
		if b.closed { // since it was looked up
			b.use.RUnlock()
			continue
		}
		if err := b.ensure(ctx); err != nil {
			b.use.RUnlock()
			return nil, nil, err
		}
		return b, b.use.RUnlock, nil
	}
}

func (b *base) ensure(ctx context.Context) error {
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.ledger != nil {
		return nil
	}
	// What one impatient request began is of use to all others.
	file, err := ledger.Open(context.WithoutCancel(ctx), b.path)
	if err == nil {
		b.ledger = file
	}
	return err
}

// current returns the base of the current version and lets go of an older one.
func (x *Index) current(ctx context.Context, name string) (*base, error) {
	version, err := x.opt.Version(ctx, name)
	if err != nil {
		if kb.CodeOf(err) == kb.NotFound {
			err = errors.Join(err, x.forget(name))
		}
		return nil, err
	}
	if kb.CheckBaseName(version) != nil {
		return nil, fmt.Errorf("index version %q cannot name a file", version)
	}
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return nil, kb.Errorf(kb.Unavailable, "The index is closed because Askdesk is stopping. Ask again when it is back.")
	}
	b, old := x.bases[name], (*base)(nil)
	if b == nil || b.version != version {
		old = b
		b = &base{name: name, version: version, path: filepath.Join(x.opt.Dir, name, version+ledgers), prefix: x.opt.Prefix, rows: recent.New[rowID, *row](maxRows)}
		x.bases[name] = b
	}
	x.mu.Unlock()
	if old != nil {
		return b, old.close()
	}
	return b, nil
}

// forget closes a base.
func (x *Index) forget(name string) error {
	x.mu.Lock()
	b := x.bases[name]
	delete(x.bases, name)
	x.mu.Unlock()
	if b == nil {
		return nil
	}
	return b.close()
}

// number gives a term its number: 31 bits of its hash (FNV-1a), the same in every
// collection. Two terms of 200,000 share one by chance about nine times, and then
// count as one.
func number(term string) uint32 {
	h := uint64(14695981039346656037)
	for i := range len(term) {
		h = (h ^ uint64(term[i])) * 1099511628211
	}
	return uint32(h^h>>32) & (terms.FirstPhrase - 1)
}

// Holds implements ingest.Index.
func (x *Index) Holds(ctx context.Context, name string, documents []string) (map[string]bool, error) {
	have := map[string]bool{}
	err := x.look(ctx, name, func(b *base, _ ledger.State) error {
		for id := range b.ledger.Revisions(documents) {
			have[id] = true
		}
		return nil
	})
	return have, err
}

// Count is the number of documents of a knowledge base that can be found: those
// with chunks.
func (x *Index) Count(ctx context.Context, name string) (n int, err error) {
	err = x.look(ctx, name, func(b *base, _ ledger.State) error {
		n = b.ledger.Count()
		return nil
	})
	return n, err
}

// Chunks is the number of chunks of a knowledge base that count, which the ledger knows
// while Qdrant is away.
func (x *Index) Chunks(ctx context.Context, name string) (n int, err error) {
	err = x.look(ctx, name, func(b *base, _ ledger.State) error {
		n = b.ledger.Chunks()
		return nil
	})
	return n, err
}

// Embedded implements ingest.Index.
func (x *Index) Embedded(ctx context.Context, name, model string, chunks []string) (map[string]bool, error) {
	have := map[string]bool{}
	err := x.look(ctx, name, func(b *base, state ledger.State) (err error) {
		if state.Model != model {
			return nil
		}
		have, err = b.ledger.Embedded(ctx, chunks)
		return err
	})
	return have, err
}

// look runs do on a base whose ledger is up to date.
func (x *Index) look(ctx context.Context, name string, do func(*base, ledger.State) error) error {
	b, release, err := x.open(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	state, err := b.refresh(ctx)
	if err != nil {
		return err
	}
	return do(b, state)
}

// Document returns a document with its extracted text, both of one commit;
// kb.NotFound if it is not in the base.
func (x *Index) Document(ctx context.Context, name, document string) (kb.Document, error) {
	var doc *kb.Document
	var parts []points.Point
	err := x.look(ctx, name, func(b *base, _ ledger.State) error {
		return b.steady(ctx, func(state ledger.State, _ []string) (map[string]bool, error) {
			doc, parts = b.ledger.Meta(document), nil
			met := map[string]bool{document: true}
			if doc == nil || state.Generation == 0 {
				return met, nil
			}
			revision := b.ledger.Revisions([]string{document})[document]
			return met, x.server.Scroll(ctx, x.collection(b, state.Generation), points.Walk{Whole: true, Select: &points.Select{Documents: []string{document}}}, func(page []points.Point) error {
				for _, p := range page {
					if p.Revision == revision {
						if p.Chunk.ID == "" {
							return kb.Errorf(kb.Unavailable, "The point %s in Qdrant is damaged: run askdesk index verify --repair, and ingest its document again.", p.ID)
						}
						parts = append(parts, p)
					}
				}
				return nil
			})
		})
	})
	if err != nil {
		return kb.Document{}, fmt.Errorf("text of %s: %w", document, err)
	}
	if doc == nil {
		return kb.Document{}, kb.Errorf(kb.NotFound, "There is no document %s in the knowledge base %q. Search again: it may have been removed or replaced.", document, name)
	}
	slices.SortFunc(parts, func(a, b points.Point) int { return a.Chunk.Ordinal - b.Chunk.Ordinal })
	var text strings.Builder
	for _, p := range parts {
		text.WriteString(p.Chunk.Text)
	}
	out := *doc
	out.Text = text.String()
	return out, nil
}
