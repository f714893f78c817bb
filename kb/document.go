// Package kb is the vocabulary that every room of Askdesk shares: documents,
// chunks, queries, passages, citations, errors and deterministic ids. It holds
// no behaviour that needs a file, a network or a clock.
package kb

import (
	"context"
	"fmt"
	"time"
)

// Audience says who may read a document.
type Audience string

// An Agent reads everything; the Public reads public documents only.
const (
	Public Audience = "public"
	Agent  Audience = "agent"
)

// May reports whether a reader of audience a may read a document meant for doc.
func (a Audience) May(doc Audience) bool { return a == Agent || doc == Public }

// Document is one source file (or page) as Askdesk read it.
type Document struct {
	ID     string // DocumentID(KB, Source, Path)
	KB     string // name of its knowledge base
	Source string // name of its source
	Path   string // slash-separated path inside the source

	Title    string
	URL      string    // public address; "" if it has none
	Updated  time.Time // zero if unknown
	Audience Audience
	Product  string
	Version  string
	Tags     []string
	Language string // lower-case ISO 639-1 code; "" if unknown

	ValidFrom  time.Time // zero: always was
	ValidUntil time.Time // zero: for ever; the document is not used from this instant on

	// Text is the extracted text as Markdown, valid UTF-8. Every Span and every
	// quote offset points into it. It is left empty where a document travels
	// with a candidate or a passage.
	Text string
}

// ValidAt reports whether a document is to be used at an instant.
func (d *Document) ValidAt(t time.Time) bool {
	return !t.Before(d.ValidFrom) && (d.ValidUntil.IsZero() || t.Before(d.ValidUntil))
}

// Reader is who looks at documents, and when.
type Reader struct {
	Audience Audience
	Now      time.Time
}

// Sees reports whether the reader may know of a document: an Agent of any, the
// Public of a public one while it is valid.
func (r Reader) Sees(d *Document) bool {
	return r.Audience.May(d.Audience) && (r.Audience == Agent || d.ValidAt(r.Now))
}

// Listing asks for a page of the documents of a knowledge base by id.
type Listing struct {
	KB     string
	Reader Reader
	After  string // id that the page begins after; "" for the first page
	Limit  int    // at most as many
}

// Span is a half-open byte range.
type Span struct{ Start, End int }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Chunk is the unit that is indexed. The chunks of a document tile its text:
// Text == Document.Text[Span.Start:Span.End], the first starts at 0, each
// starts where the one before ends, the last ends with the document.
type Chunk struct {
	ID        string // ChunkID(...)
	Document  string // id of its document
	Ordinal   int    // position among the document's chunks, from 0
	Heading   []string
	Text      string
	Span      Span
	RuneStart int    // code points of Document.Text before Span.Start
	Page      int    // page on which it starts, from 1; 0 where there are no pages
	Vector    Vector // nil without an embedder
	Model     string // Embedder.Model of Vector; set whenever Vector is
}

// Entry is a document with all of its chunks: what an index stores at once.
type Entry struct {
	Document Document
	Chunks   []Chunk
}

// Check refuses an entry that breaks the contract of Chunk.
func (e *Entry) Check() error {
	end := 0
	for i := range e.Chunks {
		c := &e.Chunks[i]
		switch {
		case c.ID == "" || c.Document != e.Document.ID:
			return fmt.Errorf("chunk %d is not one of document %s", i, e.Document.ID)
		case c.Ordinal != i || c.Span.Start != end || c.Span.End < end || c.Span.End > len(e.Document.Text) ||
			c.Text != e.Document.Text[c.Span.Start:c.Span.End]:
			return fmt.Errorf("chunk %d does not go on where the one before ends", i)
		case c.Vector != nil && c.Model == "":
			return fmt.Errorf("chunk %d has a vector of an unknown model", i)
		}
		end = c.Span.End
	}
	if end != len(e.Document.Text) {
		return fmt.Errorf("the chunks end at byte %d of %d", end, len(e.Document.Text))
	}
	return nil
}

// Vector is an embedding, L2-normalised.
type Vector []float32

// EmbedKind tells an embedder which side of a search a text stands on.
type EmbedKind int

// The two sides of a search.
const (
	EmbedDocument EmbedKind = iota
	EmbedQuery
)

// Embedder turns texts into vectors.
type Embedder interface {
	// Model names the model, its dimensions and its weights. Vectors of
	// different models are never compared; the name is stored with each.
	Model() string
	// Embed returns one L2-normalised vector a text, in the order of texts, all
	// of the same length, or an error and nothing. The caller owns the result.
	// An empty text gets a vector too. It is safe for concurrent use.
	Embed(ctx context.Context, kind EmbedKind, texts []string) ([]Vector, error)
}

// Status is how far a document has come.
type Status string

// The life of a document: queued, reading, then ready or failed.
const (
	Queued  Status = "queued"
	Reading Status = "reading"
	Ready   Status = "ready"
	Failed  Status = "failed"
)

// DocumentInfo is what the manifest knows of a document.
type DocumentInfo struct {
	Document           // Text is empty
	Status      Status //
	Reason      string // why it failed or waits, for a person
	Chunks      int
	Bytes       int64  // size of the file that was read
	Fingerprint string // of content, metadata, extractor and chunker; behind a space, the Embedder.Model of its vectors
	Indexed     time.Time
}

// Base is a knowledge base.
type Base struct {
	Name      string
	Created   time.Time
	Documents int // documents that are ready
	Chunks    int
	Version   string // current index version
}
