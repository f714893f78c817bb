// Package answer makes an answer from a question: it resolves follow-ups,
// retrieves passages, decides whether they can answer, has a generator write,
// and lets nothing out that cites what is not there.
package answer

import (
	"context"
	"time"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Band says what to do with an answer.
type Band string

// The bands, from the surest down.
const (
	BandAnswer  Band = "answer"  // send it
	BandCaveat  Band = "caveat"  // read the sources first
	BandClarify Band = "clarify" // ask the customer back
	BandHandoff Band = "handoff" // the documents do not answer; a person must
)

// Question is what somebody asks.
type Question struct {
	Text     string
	History  []kb.Turn // earlier turns, oldest first
	KBs      []string
	Audience kb.Audience
	Filter   kb.Filter
	AsOf     time.Time
	Style    prompts.Style
	Model    string // a profile's name; "" is the default one
	Limit    int    // passages wanted; 0 means 5
	// Passages, if not nil, are answered from as they are, without a search.
	Passages *kb.Retrieved
}

// Usage counts tokens as the model server reports them; 0 for extractive answers.
type Usage struct{ Prompt, Completion int }

// Answer is what comes back. It always has a text: where the documents do not
// answer, the text says so and Band is BandHandoff.
type Answer struct {
	Text      string
	Band      Band
	Relevance float64 // 0..1: the chance that the documents answer the question, as far as known
	// Calibrated says that Relevance was fitted to the knowledge bases asked: it is
	// a probability there. Otherwise it is one of other documentations.
	Calibrated bool
	Reasons    []kb.Notice
	Citations  []kb.Citation
	Passages   []kb.Passage
	Prompt     prompts.Ref
	Style      prompts.Style // as used, defaults filled in; Language "" was left to the model
	Model      string        // the profile that wrote the text
	Query      string        // the question as searched
	Usage      Usage
	Timings    []kb.Timing
	Notices    []kb.Notice
}

// Event is a piece of an answer as it comes into being: the passages once, then
// deltas. Deltas are whole checked sentences; joined they are the answer's text.
type Event struct {
	Passages   []kb.Passage // only in the first event
	Relevance  float64      // with Passages
	Calibrated bool         // with Relevance
	Delta      string
	Citations  []kb.Citation // those of Delta, offsets in the whole text
}

// Retriever finds evidence.
type Retriever interface {
	// Retrieve returns at most s.Limit passages, best first, none of them
	// unreadable to s.Audience. No evidence is an empty list, not an error; an
	// unknown knowledge base is a kb.NotFound error that names the known ones.
	Retrieve(ctx context.Context, s kb.Search) (kb.Retrieved, error)
}

// Request is what a generator writes from.
type Request struct {
	Question string              // as understood: stands alone
	Synonyms map[string][]string // words and phrases of Question, folded, and what the documents may call them
	Passages []kb.Passage        // cited as [1], [2], ... in this order
	Messages []prompts.Message
	Voice    prompts.Voice
	Output   prompts.Output // the prompt's parameters for a model
}

// Completion is what a generator wrote.
type Completion struct {
	Text    string // with [n] after what passage n supports
	Model   string // as the server names it
	Finish  string // stop or length
	Usage   Usage
	Notices []kb.Notice // what a reader should know of how it came to be
}

// Generator writes an answer.
type Generator interface {
	// Generate calls emit with pieces of the text in order, from the calling
	// goroutine; joined they are Completion.Text. An error of emit ends it and is
	// returned. A cancelled context ends it soon, and ends work on the server.
	Generate(ctx context.Context, r Request, emit func(delta string) error) (Completion, error)
}

// Quoter is a Generator each of whose deltas is a phrase, or one unit of a
// passage with its citation. The citation then carries the unit whole, however
// many sentences it has.
type Quoter interface {
	Generator
	Quotes()
}
