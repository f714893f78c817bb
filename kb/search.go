package kb

import (
	"slices"
	"strings"
	"time"
)

// Filter narrows a search by metadata. Within a list any value matches, across
// lists all must; an empty list matches everything. Comparison is exact but for
// Language, which is compared in lower case.
type Filter struct {
	Document []string
	Product  []string
	Version  []string
	Tags     []string
	Language []string
}

// Empty reports whether every document matches.
func (f *Filter) Empty() bool {
	return len(f.Document)+len(f.Product)+len(f.Version)+len(f.Tags)+len(f.Language) == 0
}

// Matches reports whether a document passes.
func (f *Filter) Matches(d *Document) bool {
	one := func(want []string, have string) bool { return len(want) == 0 || slices.Contains(want, have) }
	language := strings.ToLower(d.Language)
	return one(f.Product, d.Product) && one(f.Version, d.Version) && one(f.Document, d.ID) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(d.Tags, func(tag string) bool { return slices.Contains(f.Tags, tag) })) &&
		(len(f.Language) == 0 || slices.ContainsFunc(f.Language, func(l string) bool { return strings.ToLower(l) == language }))
}

// Search is what a caller asks: one text over one or more knowledge bases.
type Search struct {
	KBs      []string // at least one
	Text     string   // stands alone: follow-ups are resolved before
	Audience Audience // of the reader; "" is Public
	Filter   Filter
	AsOf     time.Time // documents must be valid then
	Limit    int       // passages wanted; 0 means 5
}

// Query is one search as an index of one knowledge base gets it.
type Query struct {
	KB       string
	Text     string
	Vector   Vector // nil leaves the dense leg out
	Model    string // Embedder.Model of Vector; vectors of other models are not searched
	Audience Audience
	Filter   Filter
	AsOf     time.Time
	Depth    int         // candidates wanted from each leg, at least 1
	Synonyms []Synonym   // of words of Text, ordered by span; spans don't overlap
	Excluded []Exclusion // ordered by span; spans don't overlap
}

// Leg is a candidate's place in one leg's list.
type Leg struct {
	Rank  int     // from 1; 0: not in the list
	Score float64 // BM25 (0 and up) or cosine (-1 to 1); 0 where Rank is 0
}

// Legs are a candidate's places in both lists.
type Legs struct{ Lexical, Dense Leg }

// Term is one occurrence of an index term.
type Term struct {
	ID  uint32 // in the index's vocabulary
	Pos uint32 // word position in its field, from 0; forms of one word share it
}

// Terms are a chunk's occurrences by field, in order of position. A phrase that a
// synonym brings in is a term of its own, at each of its positions.
type Terms struct{ Title, Heading, Body []Term }

// QueryTerm is one word of a query as the index analysed it.
type QueryTerm struct {
	Text       string   // the word, folded
	Meant      string   // what it is taken for where no chunk has it: a word one typing mistake away; else ""
	IDs        []uint32 // its forms in the vocabulary (stem by language, parts); empty if the index has none
	IDF        float64  // of its most frequent form, above 0; that of an unseen term where IDs is empty
	Pos        int      // word position in the query
	Identifier bool     // an error code, option, version or the like
}

// Candidate is a chunk that a leg found. What its fields point to is shared, and
// not to be changed.
type Candidate struct {
	Chunk    Chunk    // without its vector; text, span and page may still have to be read
	Document Document // without its text
	Legs     Legs
	Cosine   float64 // of the vectors of chunk and query, right to 5e-5; 0 where the chunk has none of the query's model
	Terms    Terms
	Pieces   [][]uint16 // word pieces by sentence, the title first; nil where the index keeps none
}

// Candidates are the union of what both legs found in one knowledge base. Nothing
// in them depends on documents that are kept from the audience of the query: a
// word that is in such documents alone is an unseen one.
type Candidates struct {
	Query  []QueryTerm // content words only, in order; stop words are left out
	List   []Candidate // ordered by chunk id
	Chunks int         // chunks in the knowledge base that filter, audience and exact exclusions let through
	// PieceIDF says by word piece, from 0 to 1, how rare it is among the chunks of
	// the audience: (ln((N+1)/(df+.5)) / ln((N+1)/.5))^.5. Nil where the index keeps
	// no pieces or the query has no vector; shared, and not to be changed.
	PieceIDF []float32
	Without  int         // of them, chunks without a vector of the query's model; 0 where the query has none
	Synonyms []Synonym   // of the query's, those that were searched for, with the texts whose words the index has
	Excluded []Exclusion // of the query's, with their terms
}

// Feature is one reason for a passage's place and relevance.
type Feature struct {
	Name         string
	Value        float64
	Contribution float64 // to the score that orders passages; 0 for a reranker's, which orders them afterwards
}

// Passage is a stretch of a document that a retriever proposes as evidence.
type Passage struct {
	Document  Document // without its text
	Chunks    []string // ids of the chunks it is made of, in order
	Heading   []string // outermost first
	Page      int
	Text      string // Document.Text[Span.Start:Span.End]
	Span      Span
	RuneStart int     // code points of Document.Text before Span.Start
	Evidence  float64 // 0..1: how much of the query it holds, before calibration
	Scale     string  // what Evidence was measured by; only equal ones compare
	Relevance float64 // 0..1: the chance that it answers the query where nothing better was found, as far as known
	Legs      Legs    // of its best chunk
	Features  []Feature
}

// Retrieved is what a retriever found.
type Retrieved struct {
	Query         string              // as searched
	Passages      []Passage           // best first
	Answerability float64             // 0..1: the chance that the documents answer the query, as far as known
	Calibrated    bool                // whether both were measured, and fitted where that is better, on all knowledge bases that the passages come from
	Corrected     map[string]string   // words taken for mistyped ones, folded, and what was searched for instead
	Synonyms      map[string][]string // words and phrases of the query, folded, and what was searched for besides
	Notices       []Notice
	Timings       []Timing
}

// Notice tells a caller something about how a result came to be.
type Notice struct {
	Code    string // stable, for programs
	Message string // a sentence, for people
}

// Timing is how long a stage took.
type Timing struct {
	Stage    string
	Duration time.Duration
}

// Citation ties a span of an answer to a span of a document. Offsets are code
// points, half open.
type Citation struct {
	N          int    // the number between brackets, from 1
	Passage    int    // index into the answer's passages
	Quote      string // the document's own words
	QuoteStart int    // in Document.Text
	QuoteEnd   int
	TextStart  int // in the answer's text: the sentence that the quote carries
	TextEnd    int
}
