package main

import (
	"context"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
)

// index is where chunks are kept, as the commands use it.
type index interface {
	retrieval.Index
	content
	owned
}

// content is an index as those who write it see it.
type content interface {
	ingest.Index
	audit.Walker
}

// owned is an index as its owner sees it.
type owned interface {
	holdings
	removals
	io.Closer
}

// sizes are how much an index has of a knowledge base.
type sizes interface {
	// Count is the number of documents that can be found.
	Count(ctx context.Context, base string) (int, error)
	// Chunks is the number of their chunks.
	Chunks(ctx context.Context, base string) (int, error)
}

// holdings are what an index tells of a knowledge base.
type holdings interface {
	sizes
	// Document returns one with its text; kb.NotFound if the index has none.
	Document(ctx context.Context, base, id string) (kb.Document, error)
	// Load makes the base ready to be searched.
	Load(ctx context.Context, base string) error
}

// removals are how an index forgets whole knowledge bases.
type removals interface {
	// Drop removes all there is of a base. That there is nothing is no error.
	Drop(ctx context.Context, base string) error
	// Keep removes all there is of versions that live does not name of their base, asked
	// after Keep has seen what there is. The caller holds the write lock.
	Keep(ctx context.Context, live func(ctx context.Context, base string) ([]string, error)) error
}

// openIndex opens the index that the settings name. No server is asked yet.
func (s *service) openIndex(ctx context.Context) (err error) {
	if s.index, err = s.openBackend(ctx, s.cfg.Index.Kind, false, s.state.Version); err != nil {
		s.index = nil
	} else if x, ok := s.index.(*qdrant.Index); ok {
		s.watch = &watch{check: x.Check, now: s.now}
	}
	return err
}

// openBackend opens an index of one kind, where it holds the versions of knowledge
// bases that version names. Beside says that others answer.
func (s *service) openBackend(ctx context.Context, kind string, beside bool, version func(ctx context.Context, base string) (string, error)) (index, error) {
	if kind != config.InQdrant {
		return local.Open(ctx, local.Options{Dir: filepath.Join(s.cfg.Data, "index"), Version: version, Log: s.log})
	}
	q := s.cfg.Index.Qdrant
	return qdrant.Open(ctx, qdrant.Options{
		Dir: filepath.Join(s.cfg.Data, "qdrant"), Version: version,
		Points: points.Options{Address: q.Address, APIKey: q.APIKey, TLS: q.TLS, CA: q.CA, Timeout: q.Timeout, Log: s.log, Waiting: func(why error, about time.Duration) {
			s.note("Waiting: %s It is tried again for about %s.\n", kb.MessageOf(why), about)
		}},
		Prefix: q.Prefix, Quantized: q.Quantized, Replicas: q.Replicas, Beside: beside, Log: s.log,
	})
}

const (
	askTime  = 2 * time.Second // that a server has to say that it is there
	askAgain = time.Second     // how long that counts
)

// watch asks a server that others wait for whether it is there, but not more often
// than is of use. It is safe for concurrent use.
type watch struct {
	check func(context.Context) (version string, err error)
	now   func() time.Time

	mu      sync.Mutex
	asked   time.Time
	version string
	err     error
}

// ask is the server's version, or the kb.Unavailable that says why it cannot be used.
func (w *watch) ask(ctx context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.now(); now.Sub(w.asked) < askAgain && !w.asked.IsZero() {
		return w.version, w.err
	}
	// What one impatient caller began is of use to all others.
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	w.version, w.err = w.check(brief)
	if w.err != nil && kb.CodeOf(w.err) != kb.Unavailable {
		w.err = kb.Wrap(kb.Unavailable, w.err, "%s", kb.MessageOf(w.err))
	}
	w.asked = w.now()
	return w.version, w.err
}
