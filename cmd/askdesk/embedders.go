package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	embedopenai "github.com/askdesk/askdesk/retrieval/embed/openai"
	"github.com/askdesk/askdesk/retrieval/embed/static"
)

// embedder is one of the settings.
type embedder struct {
	kb.Embedder                       // nil where nothing is embedded
	endpoint    *embedopenai.Embedder // it; nil where it is no endpoint
	builtin     *static.Embedder      // it; nil where it is not built in
}

func newEmbedder(e config.Embedder, log *slog.Logger) (embedder, error) {
	switch e.Kind {
	case config.Builtin:
		table := static.New()
		return embedder{Embedder: table, builtin: table}, nil
	case config.Endpoint:
		endpoint, err := embedopenai.New(embedopenai.Options{
			BaseURL: e.BaseURL, APIKey: e.APIKey, Model: e.Model, Dimensions: e.Dimensions,
			QueryPrefix: e.QueryPrefix, DocumentPrefix: e.DocumentPrefix,
			BatchItems: e.BatchItems, BatchChars: e.BatchChars, HTTPClient: direct(), Log: log,
		})
		return embedder{Embedder: endpoint, endpoint: endpoint}, err
	}
	return embedder{}, nil
}

// model names its vectors; "" where there are none. An endpoint is asked for their
// size.
func (e embedder) model(ctx context.Context) (string, error) {
	if e.Embedder == nil {
		return "", nil
	}
	if e.endpoint != nil {
		if err := e.endpoint.Probe(ctx); err != nil {
			return "", err
		}
	}
	return e.Model(), nil
}

// embedding is how questions are compared in a version of an index.
func (e embedder) embedding(version string) retrieval.Embedding {
	out := retrieval.Embedding{Embedder: e.Embedder, Version: version}
	if e.builtin != nil {
		out.Compare = e.builtin
	}
	return out
}

// embedders are those of the settings by name; "" is the main one.
type embedders struct {
	list  map[string]embedder
	state *state.Store
}

func newEmbedders(cfg config.Config, s *state.Store, log *slog.Logger) (embedders, error) {
	e := embedders{list: map[string]embedder{}, state: s}
	var err error
	if e.list[""], err = newEmbedder(cfg.Embedder, log); err != nil {
		return e, err
	}
	for name, one := range cfg.Embedders {
		if e.list[name], err = newEmbedder(one, log); err != nil {
			return e, fmt.Errorf("embedder %s: %w", name, err)
		}
	}
	return e, nil
}

// profile is an embedder by its name in the state.
func (e embedders) profile(name, base string) (embedder, error) {
	one, ok := e.list[name]
	if !ok {
		return one, kb.Errorf(kb.Unavailable, "The knowledge base %q has the embedder %q, which the settings lack: set embedders.%s again, or give it another one with: askdesk index reindex --kb %s --embedder NAME", base, name, name, base)
	}
	return one, nil
}

// Embedding implements retrieval.Embedders.
func (e embedders) Embedding(ctx context.Context, base string) (retrieval.Embedding, error) {
	version, profile, err := e.state.Profile(ctx, base)
	if err != nil {
		return retrieval.Embedding{}, err
	}
	one, err := e.profile(profile, base)
	return one.embedding(version), err
}

// Embedder implements ingest.Embedders.
func (e embedders) Embedder(ctx context.Context, base string) (kb.Embedder, error) {
	_, profile, err := e.state.Profile(ctx, base)
	if kb.CodeOf(err) == kb.NotFound { // of a dry run: it would be made with the main one
		profile, err = "", nil
	}
	if err != nil {
		return nil, err
	}
	one, err := e.profile(profile, base)
	if err == nil {
		_, err = one.model(ctx)
	}
	return one.Embedder, err
}

// named is the profile that a person calls by a name.
func (e embedders) named(name string, cfg config.Config) (profile string, one embedder, err error) {
	if name != config.MainEmbedder {
		profile = name
	}
	one, ok := e.list[profile]
	if !ok {
		return "", one, kb.Errorf(kb.Invalid, "There is no embedder %q in the settings. There is: %s. Name it under embedders.", name, strings.Join(cfg.EmbedderNames(), ", "))
	}
	return profile, one, nil
}
