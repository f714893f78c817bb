package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"time"

	"github.com/askdesk/askdesk/ingest/uploads"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/metrics"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// server wires the HTTP side over the service.
func (s *service) server(page pages.Options, addr net.Addr, taken *intake) (*web.Server, error) {
	page.Version = buildVersion()
	page.Commands = s.ownDocuments(page)
	page.Connect = s.connectModel()
	return web.New(web.Options{
		Answerer: s.answerer, Searcher: s.retriever,
		Bases: bases{s, taken.Uploads}, Documents: documents{s}, Uploads: taken, UploadDir: s.uploadDir(),
		Records: s.state, Conversations: s.state, Feedback: s.state, Keys: s.state, Sessions: s.state,
		Models: s.profiles(), Styles: func() prompts.Styles { return s.prompts.Current().Styles() }, DefaultStyle: s.defaultStyle,
		Ready: s.ready, Pages: page,
		NoAuth: s.cfg.NoAuth, Loopback: loopback(addr),
		Rate: s.cfg.Rate, MaxUpload: int64(s.cfg.MaxUploadMB) << 20,
		Version: buildVersion(), Metrics: taken.metrics, Log: s.log,
	})
}

// ownDocuments are the commands that the page shows to somebody without documents.
func (s *service) ownDocuments(page pages.Options) []pages.Command {
	data := s.folder
	if page.Demo {
		data = config.Default().Data
	}
	return []pages.Command{
		{Label: "Bring in a folder of documents", Line: typed(s.program, "ingest FOLDER", data)},
		{Label: "Serve them", Line: typed(s.program, "serve", data)},
	}
}

func (s *service) connectModel() []pages.Command {
	return []pages.Command{
		{Label: "Write a settings file and name your model in it", Line: s.program + " config init"},
		{Label: "Test it", Line: s.program + " doctor"},
	}
}

// defaultStyle is how an answer is written when nobody says how.
func (s *service) defaultStyle() prompts.Style {
	voice, err := s.prompts.Current().Voice(promptName, prompts.Style{})
	if err != nil {
		s.log.Error("default style", "error", err)
	}
	return voice.Style
}

// profiles lists the models that a request may choose.
func (s *service) profiles() []api.Model {
	var list []api.Model
	for _, name := range s.cfg.ProfileNames() {
		kind := "openai"
		if name == config.Extractive {
			kind = config.Extractive
		}
		list = append(list, api.Model{Name: name, Kind: kind, Model: s.cfg.Models[name].Model, Default: name == s.cfg.Model})
	}
	return list
}

// ready is nil when questions can be answered.
func (s *service) ready(ctx context.Context) error {
	if err := s.healthy(ctx); err != nil {
		return err
	}
	if s.watch != nil {
		if _, err := s.watch.ask(ctx); err != nil {
			return err
		}
	}
	list, err := s.here(ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		if err := s.index.Load(ctx, b.Name); err != nil {
			if kb.CodeOf(err) == kb.NotFound { // deleted meanwhile
				continue
			}
			return err
		}
		if _, err := s.complete(ctx, b.Name); err != nil {
			return err
		}
	}
	return nil
}

// intake is the queue of uploaded files, and the metrics that count them.
type intake struct {
	*uploads.Uploads
	state   *state.Store
	metrics *metrics.Metrics
}

// Submit hands an uploaded form to the queue. A knowledge base that is kept
// elsewhere takes none: it would wait for ever.
func (i *intake) Submit(ctx context.Context, f *upload.File) (kb.DocumentInfo, error) {
	if _, err := i.state.Version(ctx, f.Document.KB); err != nil {
		return kb.DocumentInfo{}, err
	}
	return i.Uploads.Submit(ctx, f.Document, f.Data)
}

func (s *service) uploadDir() string { return filepath.Join(s.cfg.Data, "uploads") }

// takeUploads starts what reads uploaded files in the background.
func (s *service) takeUploads(ctx context.Context) (*intake, error) {
	taken := &intake{state: s.state, metrics: metrics.New()}
	opt := uploads.Options{
		Dir: s.uploadDir(), Pipeline: s.pipeline, Index: s.index, Records: s.state, Sources: s.state,
		Lock:     func(ctx context.Context) (func() error, error) { return s.lock(ctx, "askdesk serve") },
		Read:     taken.metrics.Document,
		MaxBytes: int64(s.cfg.MaxUploadMB) << 20, Log: s.log,
	}
	var err error
	taken.Uploads, err = uploads.Open(ctx, opt)
	return taken, err
}

// tidy removes the index files of versions whose removal broke off. It leaves them
// for the next time while another process writes. Where Qdrant is away it waits for
// that, so nobody should wait for it.
func (s *service) tidy(ctx context.Context) {
	brief, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	unlock, err := s.state.Lock(brief, "askdesk serve", nil)
	if kb.CodeOf(err) == kb.Unavailable {
		return
	}
	if err == nil {
		err = errors.Join(s.index.Keep(ctx, s.state.Live), unlock())
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("remove what deleted indexes left behind", "error", err)
	}
}

// forget deletes ended sessions and, unless all are kept, conversations past
// their retention, now and every hour, until ctx ends.
func (s *service) forget(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		n, err := s.state.Prune(ctx, s.keepSince())
		if err != nil && ctx.Err() == nil {
			s.log.Error("delete old conversations", "error", err)
		}
		if n > 0 {
			s.log.Info("deleted old conversations", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepSince is when the oldest conversation that is kept went on last; zero keeps
// all.
func (s *service) keepSince() time.Time {
	if s.cfg.RetentionDays == 0 {
		return time.Time{}
	}
	return s.now().AddDate(0, 0, -s.cfg.RetentionDays)
}

// bases are the knowledge bases as the API changes them.
type bases struct {
	*service
	uploads *uploads.Uploads
}

func (b bases) Bases(ctx context.Context) ([]kb.Base, error) { return b.state.Bases(ctx) }

func (b bases) DeleteBase(ctx context.Context, name string) error {
	if _, err := b.state.Version(ctx, name); err != nil { // what is kept elsewhere would be left there
		return err
	}
	return b.uploads.RemoveBase(ctx, name, func(ctx context.Context) error {
		if err := b.state.DeleteBase(ctx, name); err != nil {
			return err
		}
		return b.index.Keep(ctx, b.state.Live) // and not Drop: somebody may make one of the same name already
	})
}

// documents are the manifest, with texts from the index.
type documents struct{ *service }

func (d documents) Document(ctx context.Context, id string) (kb.DocumentInfo, error) {
	return d.state.Document(ctx, id)
}

func (d documents) List(ctx context.Context, l kb.Listing) ([]kb.DocumentInfo, error) {
	return d.state.List(ctx, l)
}

func (d documents) Text(ctx context.Context, base, id string) (kb.Document, error) {
	return d.index.Document(ctx, base, id)
}
