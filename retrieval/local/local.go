// Package local is the embedded index: for each knowledge base one SQLite file
// that holds the truth, and in memory an immutable snapshot of it that is
// searched without locks.
//
// Statistics (number of chunks, document frequencies, average length) are those
// of the live chunks for the reader's audience at the commit that is searched. So
// the same content gives the same results to the bit, whatever the order in which
// it was ingested, merged or read back; only the ids of terms differ.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Options of an Index. Dir and Version must be set.
type Options struct {
	Dir string // holds a folder for each knowledge base
	// Version returns the current index version of a knowledge base, kb.NotFound
	// for an unknown one.
	Version func(ctx context.Context, base string) (string, error)
	Log     *slog.Logger  // silent if nil
	Poll    time.Duration // how often commits of other processes are looked for; 0 means 300 ms
}

// Index implements ingest.Index and retrieval.Index. It is safe for concurrent
// use, and several processes may use one folder.
type Index struct {
	opt  Options
	stop context.CancelFunc
	done chan struct{} // closed when the poller has ended

	mu     sync.Mutex
	bases  map[string]*base
	closed bool
}

// Analyzer names how texts are turned into terms. Two indexes that differ in it
// don't understand each other's terms.
func Analyzer() string { return terms.Version }

// Open opens the indexes of a folder. Each is loaded when it is first used, or
// by Load.
func Open(ctx context.Context, opt Options) (*Index, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Poll <= 0 {
		opt.Poll = 300 * time.Millisecond
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, kb.Wrap(kb.Unavailable, err, "The index folder cannot be made. Check that the data folder belongs to you, or choose another one with --data.")
	}
	polling, stop := context.WithCancel(context.WithoutCancel(ctx))
	x := &Index{opt: opt, stop: stop, done: make(chan struct{}), bases: map[string]*base{}}
	go x.poll(polling)
	return x, nil
}

// Close ends all use of the index.
func (x *Index) Close() error {
	x.stop()
	<-x.done
	x.mu.Lock()
	bases := x.bases
	x.bases, x.closed = nil, true
	x.mu.Unlock()
	var err error
	for _, b := range bases {
		err = errors.Join(err, b.close())
	}
	return err
}

// Load makes a knowledge base ready to be searched.
func (x *Index) Load(ctx context.Context, base string) error {
	_, release, err := x.use(ctx, base, reading)
	if err != nil {
		return err
	}
	release()
	return nil
}

type purpose int

const (
	reading purpose = iota // a missing file is an empty base
	writing                // a missing file is made
)

// use returns the current version of a base, loaded, and what to call when done
// with it. The base is nil if there is no file yet to be read.
func (x *Index) use(ctx context.Context, name string, why purpose) (*base, func(), error) {
	if err := kb.CheckBaseName(name); err != nil {
		return nil, nil, err
	}
	for {
		b, err := x.current(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		b.guard.RLock()
		if b.closed { // since it was looked up
			b.guard.RUnlock()
			continue
		}
		ready, err := b.ensure(ctx, why)
		switch {
		case err != nil:
			b.guard.RUnlock()
			return nil, nil, err
		case !ready:
			b.guard.RUnlock()
			return nil, func() {}, nil
		}
		return b, b.guard.RUnlock, nil
	}
}

// current returns the base of the current version and lets go of an older one.
func (x *Index) current(ctx context.Context, name string) (*base, error) {
	version, err := x.opt.Version(ctx, name)
	if err != nil {
		if kb.CodeOf(err) == kb.NotFound {
			err = errors.Join(err, x.forget(name, nil))
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
		b = &base{name: name, version: version, path: filepath.Join(x.opt.Dir, name, version+".db"), log: x.opt.Log}
		x.bases[name] = b
	}
	x.mu.Unlock()
	if old != nil {
		return b, old.close()
	}
	return b, nil
}

// forget closes a base; only is that base, or nil for whatever has the name.
func (x *Index) forget(name string, only *base) error {
	x.mu.Lock()
	b := x.bases[name]
	if b == nil || only != nil && b != only {
		x.mu.Unlock()
		return nil
	}
	delete(x.bases, name)
	x.mu.Unlock()
	return b.close()
}

// warnAgain is how long a warning counts that says the same of a base.
const warnAgain = time.Minute

// warning is what was last said of a base.
type warning struct {
	text string
	at   time.Time
}

// poll follows what other processes do, until ctx ends. What goes wrong each time is
// said once, and then every minute.
func (x *Index) poll(ctx context.Context) {
	defer close(x.done)
	said := map[string]warning{}
	tick := time.NewTicker(x.opt.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		x.mu.Lock()
		names := make([]string, 0, len(x.bases))
		for name := range x.bases {
			names = append(names, name)
		}
		x.mu.Unlock()
		for _, name := range names {
			err := x.follow(ctx, name)
			if err == nil || ctx.Err() != nil || kb.CodeOf(err) == kb.NotFound {
				continue
			}
			if before := said[name]; before.text != err.Error() || time.Since(before.at) >= warnAgain {
				said[name] = warning{err.Error(), time.Now()}
				x.opt.Log.Warn("index is not up to date", "kb", name, "error", err)
			}
		}
	}
}

func (x *Index) follow(ctx context.Context, name string) error {
	b, release, err := x.use(ctx, name, reading)
	if err != nil || b == nil {
		return err
	}
	if !b.file.Is(b.path) { // what is asked or written next must not go to a file that nobody finds again
		release()
		return x.forget(name, b)
	}
	defer release()
	return b.refresh(ctx)
}
