// Package extractive answers without a model: it picks the sentences of the
// passages that answer the question, word for word, and puts them into the
// chosen format, each with its citation.
package extractive

import (
	"context"

	"github.com/askdesk/askdesk/answer"
)

// Comparer compares texts by what they mean.
type Comparer interface {
	// Near returns for each text, in order, how near it is to the question: a cosine
	// from -1 to 1, 0 for a text that says nothing. It is deterministic and safe for
	// concurrent use.
	Near(question string, texts []string) []float64
	// Knows reports whether it knows the language of a question.
	Knows(question string) bool
}

// Options of a Generator. The zero value compares by words alone.
type Options struct{ Compare Comparer }

// Generator is an answer.Generator that quotes. It is safe for concurrent use
// and its output depends on the request alone.
type Generator struct{ opt Options }

// New makes a Generator.
func New(opt Options) Generator { return Generator{opt} }

var _ answer.Quoter = Generator{}

// Quotes says that each delta is one quote.
func (Generator) Quotes() {}

// Generate writes the sentences of r.Passages that answer r.Question, within
// r.Voice's length, as r.Voice's layout has them. Mark-up is rendered as plain
// text: the words stay the document's own. Passages without any sentence make
// an empty completion.
func (g Generator) Generate(ctx context.Context, r answer.Request, emit func(delta string) error) (answer.Completion, error) {
	done := answer.Completion{Model: answer.Extractive, Finish: "stop"}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	chosen := g.choose(r)
	if len(chosen) == 0 {
		return done, nil
	}
	for _, part := range compose(chosen, r.Voice) {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		done.Text += part
		if err := emit(part); err != nil {
			return done, err
		}
	}
	return done, nil
}
