package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/model/extractive"
	modelopenai "github.com/askdesk/askdesk/answer/model/openai"
	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/rank"
	"github.com/askdesk/askdesk/retrieval/rerank"
	"github.com/askdesk/askdesk/retrieval/synonyms"
)

// service is everything that one data folder needs to be read and written.
type service struct {
	cfg       config.Config
	folder    string // the data folder as the person names it
	program   string // how the person starts this program
	log       *slog.Logger
	note      func(format string, args ...any) // tells the person at the terminal
	state     *state.Store
	index     index
	watch     *watch // of the index; nil where it is in the data folder
	reader    *extract.Reader
	embedders embedders
	embedder  embedder       // the main one
	reranker  *rerank.Client // nil without one
	pipeline  *ingest.Pipeline
	searching retrieval.Options // of the retriever
	retriever *retrieval.Retriever
	prompts   *prompts.Library
	models    map[string]*modelopenai.Generator // by profile
	answerer  *answer.Answerer
}

// withService opens the service of a command's settings and closes it after do.
func (a *app) withService(c *cobra.Command, do func(context.Context, *service) error) error {
	cfg, _, err := a.config(c)
	if err != nil {
		return err
	}
	return a.withConfig(c.Context(), cfg, do)
}

// withBases is withService for a command that reads: it hands over the knowledge
// bases that the command means.
func (a *app) withBases(c *cobra.Command, named []string, do func(context.Context, *service, []string) error) error {
	return a.withService(c, func(ctx context.Context, s *service) error {
		bases, err := s.chosenBases(ctx, named)
		if err != nil {
			return err
		}
		return do(ctx, s, bases)
	})
}

func (a *app) withConfig(ctx context.Context, cfg config.Config, do func(context.Context, *service) error) error {
	s, err := openService(ctx, cfg, a)
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, s), s.close())
}

// openService wires the rooms. Nothing is listened on and nothing runs yet.
func openService(ctx context.Context, cfg config.Config, a *app) (_ *service, err error) {
	log := a.logger()
	s := &service{cfg: cfg, folder: cfg.Data, program: a.program, log: log, note: a.notef}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.state, err = state.Open(ctx, cfg.Data, state.Options{Backend: cfg.Index.Kind, Log: log}); err != nil {
		return nil, err
	}
	s.cfg.Data = s.state.Dir() // absolute from here on
	if err = s.openIndex(ctx); err != nil {
		return nil, err
	}
	s.reader = newReader(s.cfg, log)
	if s.embedders, err = newEmbedders(s.cfg, s.state, log); err != nil {
		return nil, err
	}
	s.embedder = s.embedders.list[""]
	if err = s.addRetrieval(); err != nil {
		return nil, err
	}
	if s.prompts, err = prompts.Open(s.cfg.Data, prompts.Options{Log: log}); err != nil {
		return nil, err
	}
	if err = s.addModels(); err != nil {
		return nil, err
	}
	return s, nil
}

// addRetrieval wires what writes and what searches the index.
func (s *service) addRetrieval() error {
	opt := retrieval.Options{
		Embedders: s.embedders, Calibrations: s.state, Synonyms: synonyms.Open(s.cfg.Data, synonyms.Options{Log: s.log}),
		DenseWeight: s.cfg.Retrieval.DenseWeight, Top: s.cfg.Reranker.Top, Log: s.log,
	}
	var err error
	if opt.Weights, err = readWeights(s.cfg.Retrieval.Weights); err != nil {
		return err
	}
	if opt.DenseWeight == 0 { // documents still get their vectors, so that it can be tried out
		opt.Embedders = nil
	}
	if r := s.cfg.Reranker; r.BaseURL != "" {
		s.reranker, err = rerank.New(rerank.Options{
			BaseURL: r.BaseURL, APIKey: r.APIKey, Model: r.Model, Timeout: r.Timeout, MaxChars: r.MaxChars, HTTPClient: direct(), Log: s.log,
		})
		if err != nil {
			return err
		}
		opt.Reranker = s.reranker
	}
	s.searching, s.retriever = opt, retrieval.New(s.promised(), opt)
	s.pipeline = ingest.New(ingest.Options{
		Index: s.index, Manifest: s.state, Sources: s.state, Reader: s.reader, Embedders: s.embedders,
		MaxBytes: int64(s.cfg.MaxUploadMB) << 20, Log: s.log,
	})
	return nil
}

// readWeights reads the weights of ranking that the settings name; nil without any.
func readWeights(path string) (*rank.Weights, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a pipe would wait for ever
		return nil, kb.Errorf(kb.Invalid, "retrieval.weights, %s, is no file: name one that askdesk eval weights --out wrote", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, kb.Wrap(kb.Invalid, err, "Cannot read retrieval.weights, %s", path)
	}
	defer f.Close()
	w, err := rank.ReadWeights(f)
	if err != nil {
		return nil, kb.Errorf(kb.Invalid, "retrieval.weights, %s: %w", path, err)
	}
	return w, nil
}

// direct is a client that follows no redirect: a key and a customer's question go
// to the address in the settings and to no other.
func direct() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *service) addModels() error {
	s.models = map[string]*modelopenai.Generator{}
	var quotes extractive.Options
	if s.embedder.builtin != nil {
		quotes.Compare = s.embedder.builtin
	}
	profiles := map[string]answer.Model{config.Extractive: {Generator: extractive.New(quotes)}}
	for name, p := range s.cfg.Models {
		g, err := modelopenai.New(modelopenai.Options{
			BaseURL: p.BaseURL, APIKey: p.APIKey, Model: p.Model, Temperature: p.Temperature, MaxTokens: p.MaxTokens,
			Timeout: p.Timeout, Concurrency: p.Concurrency, HTTPClient: direct(), Log: s.log,
		})
		if err != nil {
			return fmt.Errorf("model profile %s: %w", name, err)
		}
		s.models[name] = g
		profiles[name] = answer.Model{Generator: g, Context: p.Context}
	}
	var err error
	s.answerer, err = answer.New(answer.Options{
		Retriever: s.retriever, Prompts: s.prompts, Prompt: promptName, Models: profiles, Default: s.cfg.Model, Log: s.log,
	})
	return err
}

func (s *service) close() error {
	var errs []error
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
	}
	if s.index != nil {
		errs = append(errs, s.index.Close())
	}
	if s.state != nil {
		errs = append(errs, s.state.Close())
	}
	return errors.Join(errs...)
}

func (s *service) now() time.Time { return time.Now() }

// newReader makes the reader of files; PDF and DOCX are read by this same
// program in a child process.
func newReader(cfg config.Config, log *slog.Logger) *extract.Reader {
	return extract.New(extract.Options{
		Worker: func(ctx context.Context) *exec.Cmd {
			self, err := os.Executable()
			if err != nil {
				self = os.Args[0]
			}
			return exec.CommandContext(ctx, self, "worker")
		},
		Timeout:  cfg.ReadTimeout,
		MaxBytes: int64(cfg.MaxUploadMB) << 20,
		CacheDir: filepath.Join(cfg.Data, "cache"),
		Log:      log,
	})
}

// chosenBases are the knowledge bases a command means: those named, else the
// only one, else the one called default.
func (s *service) chosenBases(ctx context.Context, named []string) ([]string, error) {
	if len(named) > 0 {
		for _, name := range named {
			if _, err := s.state.Base(ctx, name); err != nil {
				return nil, err
			}
		}
		return named, nil
	}
	bases, err := s.state.Bases(ctx)
	if err != nil {
		return nil, err
	}
	if len(bases) == 1 {
		return []string{bases[0].Name}, nil
	}
	base, err := s.state.Base(ctx, defaultBase)
	if kb.CodeOf(err) == kb.NotFound && len(bases) > 0 {
		names := make([]string, len(bases))
		for i, b := range bases {
			names[i] = b.Name
		}
		err = kb.Errorf(kb.Invalid, "There are several knowledge bases: say which with --kb. There is: %s.", strings.Join(names, ", "))
	}
	return []string{base.Name}, err
}

// promptName is the prompt that answers are written with.
const promptName = "support"

// defaultBase is where documents go when nobody says where.
const defaultBase = "default"

// components name what a knowledge base's index is made with.
func (s *service) components(ctx context.Context) (state.Components, error) {
	c := state.Components{Analyzer: local.Analyzer(), Extractor: extract.Fingerprint(), Chunker: chunk.Fingerprint(chunk.Options{})}
	var err error
	c.Embedder, err = s.embedder.model(ctx)
	return c, err
}

// CreateBase makes a knowledge base.
func (s *service) CreateBase(ctx context.Context, name string) (kb.Base, error) {
	c, err := s.components(ctx)
	if err != nil {
		return kb.Base{}, err
	}
	return s.state.CreateBase(ctx, name, c)
}
