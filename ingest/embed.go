package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Embedders knows what embeds the chunks of each knowledge base.
type Embedders interface {
	// Embedder returns it, nil where chunks get no vector. What its Model says is
	// final. An error tells a user why it cannot be used, and what to do.
	Embedder(ctx context.Context, base string) (kb.Embedder, error)
}

// One is the embedder of all knowledge bases.
func One(e kb.Embedder) Embedders { return one{e} }

type one struct{ is kb.Embedder }

func (o one) Embedder(context.Context, string) (kb.Embedder, error) { return o.is, nil }

// modelOf names the model of an embedder; "" without one.
func modelOf(e kb.Embedder) string {
	if e == nil {
		return ""
	}
	return e.Model()
}

const embedBatch = 64 // texts a call

// Embed gives the chunks of entries vectors that have none, neither here nor in the
// index they are for. Without an embedder it does nothing. What it finds fault with is
// an error that Refused tells from others.
func Embed(ctx context.Context, x Stored, e kb.Embedder, base string, entries ...*kb.Entry) error {
	if e == nil {
		return nil
	}
	var ids []string
	for _, entry := range entries {
		for _, c := range entry.Chunks {
			if c.Vector == nil {
				ids = append(ids, c.ID)
			}
		}
	}
	model := e.Model()
	have, err := x.Embedded(ctx, base, model, ids)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	var texts []string
	var chunks []*kb.Chunk
	for _, entry := range entries {
		for i := range entry.Chunks {
			if c := &entry.Chunks[i]; !have[c.ID] && c.Vector == nil {
				texts = append(texts, embedded(entry.Document, *c))
				chunks = append(chunks, c)
			}
		}
	}
	for from := 0; from < len(texts); from += embedBatch {
		to := min(from+embedBatch, len(texts))
		vectors, err := e.Embed(ctx, kb.EmbedDocument, texts[from:to])
		if err != nil {
			return err
		}
		if len(vectors) != to-from {
			return errors.New("the embedder returned a wrong number of vectors")
		}
		for i, v := range vectors {
			chunks[from+i].Vector, chunks[from+i].Model = v, model
		}
	}
	return nil
}

// Refused reports whether an embedder found fault with a text, rather than being
// away.
func Refused(err error) bool {
	code := kb.CodeOf(err)
	return code == kb.Invalid || code == kb.TooLarge
}

// embedded is the text of a chunk that is embedded: what it is about comes first.
func embedded(d kb.Document, c kb.Chunk) string {
	about := c.Heading
	if len(about) == 0 || about[0] != d.Title {
		about = append([]string{d.Title}, about...)
	}
	return strings.Join(about, " > ") + "\n" + c.Text
}
