// Package ingest turns files into chunks in an index: it walks sources, reads
// files, chunks and embeds them, and keeps a manifest so that a second run
// writes nothing.
package ingest

import (
	"context"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

// Index is where chunks go.
type Index interface {
	// Replace makes each entry the whole state of its document: chunks it does
	// not list are removed, chunks with a known id keep their vector if the
	// entry's is nil and get their new position. Each document changes at once
	// for every reader; when Replace returns nil all of them are durable, when it
	// returns an error any of them may be, and the same call can be repeated.
	Replace(ctx context.Context, base string, entries []kb.Entry) error
	// Delete removes documents by id. Unknown ids are not an error.
	Delete(ctx context.Context, base string, documents []string) error
	Stored
}

// Stored tells what an index has already, so that it need not be made again.
type Stored interface {
	// Embedded tells which of the chunk ids are stored with a vector of model.
	Embedded(ctx context.Context, base, model string, chunks []string) (map[string]bool, error)
	// Holds tells which of the document ids are stored.
	Holds(ctx context.Context, base string, documents []string) (map[string]bool, error)
}

// Manifest remembers what was ingested. It is marked after the index is durable,
// so a crash between the two repeats work and never loses it. It is safe for concurrent
// use: files that are no documents are forgotten while a batch is marked.
type Manifest interface {
	// Documents lists a source's documents ordered by path.
	Documents(ctx context.Context, base, source string) ([]kb.DocumentInfo, error)
	// Mark stores the records, replacing those with the same id.
	Mark(ctx context.Context, base string, infos []kb.DocumentInfo) error
	// Remove forgets documents by id. Unknown ids are not an error.
	Remove(ctx context.Context, base string, ids []string) error
}

// Sources remembers which folder a source's name belongs to.
type Sources interface {
	// Roots are the names that are taken and the root that holds each.
	Roots(ctx context.Context, base string) (map[string]string, error)
	// Claim gives the name to root. A name that another root holds is a
	// kb.Conflict; claiming one's own again is nothing.
	Claim(ctx context.Context, base, source, root string) error
}

// Reader reads one file of any format. An error is that file's: a kb.Error with
// a sentence for a person. It is safe for concurrent use.
type Reader interface {
	Read(ctx context.Context, in extract.Input) (extract.Document, error)
}
