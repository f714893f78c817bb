package ingest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/ingest/source"
	"github.com/askdesk/askdesk/kb"
)

// Options of a Pipeline. Index, Manifest, Sources and Reader are required; other
// zero values are defaults.
type Options struct {
	Index     Index
	Manifest  Manifest
	Sources   Sources
	Reader    Reader
	Embedders Embedders // nil: chunks get no vector
	Chunk     chunk.Options
	MaxBytes  int64 // larger files are not read; 100 MB
	Workers   int   // files read at once; GOMAXPROCS
	Now       func() time.Time
	Log       *slog.Logger
}

// Pipeline brings sources into an index.
type Pipeline struct{ opt Options }

// New makes a Pipeline.
func New(opt Options) *Pipeline {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = 100_000_000
	}
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Embedders == nil {
		opt.Embedders = One(nil)
	}
	return &Pipeline{opt: opt}
}

// Request asks for one run over one target.
type Request struct {
	KB       string // exists
	Target   Target
	Defaults Defaults
	Exclude  []string // patterns as in a .gitignore file of the root

	Prune  bool // remove documents whose files are gone from the target
	Yes    bool // even if they are more than maxPrune of the source
	DryRun bool // write nothing; files are compared and not parsed

	Progress func(Event) // called from one goroutine; may be nil
}

// Event is how far a run has come.
type Event struct {
	Total  int  // files and removals, known from the first event on
	Done   int  // of them
	Chunks int  // in the index because of this run
	File   File // what was done last; of the first event, zero
}

// Run brings the target's files into the knowledge base. Files that fail are in
// the report and stop nothing; where one was read before, that version stays. An
// error means that the run ended early: the report says what was done until
// then, all of it is durable, and the next run does the rest. The caller holds
// the write lock of the data folder.
func (p *Pipeline) Run(ctx context.Context, req Request) (Report, error) {
	r := &run{Pipeline: p, req: req, report: Report{
		KB: req.KB, Source: req.Target.Source, Root: req.Target.Root, DryRun: req.DryRun, Started: p.opt.Now().UTC(), Files: []File{},
	}}
	err := r.all(ctx)
	r.report.finish(p.opt.Now())
	return r.report, err
}

// run is one run.
type run struct {
	*Pipeline
	req      Request
	folder   *source.Folder
	embedder kb.Embedder // of the knowledge base; nil without one
	plan     plan
	report   Report
	batch    batch
	done     int

	committing committing
}

func (r *run) all(ctx context.Context) (err error) {
	if r.embedder, err = r.opt.Embedders.Embedder(ctx, r.req.KB); err != nil {
		return err
	}
	if r.folder, err = source.Open(r.req.Target.Root, r.req.Exclude); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.folder.Close()) }()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if !r.req.DryRun {
		if err := r.opt.Sources.Claim(ctx, r.req.KB, r.req.Target.Source, r.req.Target.Root); err != nil {
			return err
		}
	}
	r.progress(File{}, 0)
	for _, f := range r.plan.settled {
		r.settle(f)
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	return r.prune(ctx)
}

// read reads the planned files in parallel and has them committed.
func (r *run) read(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	jobs := make(chan source.File)
	results := make(chan outcome, r.opt.Workers)
	workers, inner := errgroup.WithContext(ctx)
	workers.Go(func() error {
		defer close(jobs)
		for _, f := range r.plan.files {
			select {
			case jobs <- f:
			case <-inner.Done():
				return nil
			}
		}
		return nil
	})
	for range r.opt.Workers {
		workers.Go(func() error {
			for f := range jobs {
				o, err := r.examine(inner, f)
				if err != nil {
					return err
				}
				select {
				case results <- o:
				case <-inner.Done():
					return inner.Err()
				}
			}
			return nil
		})
	}
	failed := make(chan error, 1)
	go func() {
		failed <- workers.Wait()
		close(results)
	}()
	err := r.commitAll(ctx, results)
	stop()
	for range results { // let the workers end
	}
	return cmp.Or(err, <-failed) // the one that came first: stopping makes the others fail
}

// settle reports a file that needs no more work.
func (r *run) settle(f File) {
	r.report.add(f)
	r.progress(f, 1)
}

func (r *run) progress(f File, done int) {
	r.done += done
	if r.req.Progress != nil {
		r.req.Progress(Event{Total: r.plan.total, Done: r.done, Chunks: r.report.Counts.Chunks, File: f})
	}
}
